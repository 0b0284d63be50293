"""Edits of a mesh under fault, and what must be true of them at the end.

An edit that was acknowledged must be there. One that was not may be there or not: the plane may
have died before it could answer. So each object has its last acknowledged text and those tried
after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import yaml

from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable
from tests.e2e.failures import ask
from tests.e2e.lab_under_test import Lab
from tests.e2e.small_mesh import HTTPBIN, PROBED, workload

PATIENCE_S = 1.0
"""How long an edit waits for a plane that may be frozen."""

ROUTE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: web}}
spec:
  hosts: [web]
  http:
  - headers: {{response: {{set: {{x-round: "{round}"}}}}}}
    route: [{{destination: {{host: web, subset: {subset}}}}}]
"""
SUBSETS = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: web}}
spec:
  host: web
  trafficPolicy: {{connectionPool: {{tcp: {{maxConnections: {limit}}}}}}}
  subsets: [{{name: {subset}, labels: {{app: web}}}}]
"""
NONSENSE = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec: {hosts: 7, http: [{route: []}]}
"""

Key = tuple[str, str]
"""Kind and name, in the namespace `default`."""


@dataclass
class Edits:
    """Makes edits and remembers what came of them."""

    lab: Lab
    random: Random
    round: int = 0
    acknowledged: int = 0
    refused: int = 0
    possible: dict[Key, list[Any]] = field(default_factory=dict)

    def make(self, what: str) -> str:
        """One edit; what came of it, in a word."""
        acts: dict[str, Callable[[], str]] = {
            "route": self._swap,
            "subsets": self._swap,
            "cluster": self._swap,
            "nonsense": self._nonsense,
            "scale": self._scale,
            "restart": lambda: self._restart("web"),
            "delete-pod": self._delete_pod,
            "restart-bystander": lambda: self._restart("bystander"),
        }
        return acts[what]()

    def missing(self) -> tuple[str, ...]:
        """Objects that are neither as last acknowledged nor as tried since."""
        plane = PlaneClient(self.lab.folder / "plane.sock", self.lab.name)
        lost = []
        for (kind, name), bodies in self.possible.items():
            found = [each["body"] for each in plane.documents(kind, "default", name)["documents"]]
            if not any(_same(body, found) for body in bodies):
                lost.append(f"{kind} default/{name}: {found} is none of {bodies}")
        return tuple(lost)

    def _swap(self) -> str:
        """Another subset name, another connection pool, another route to them, in one apply."""
        self.round += 1
        words = {"round": self.round, "subset": f"s{self.round}", "limit": 1000 + self.round % 2}
        return self._apply(SUBSETS.format(**words) + "---\n" + ROUTE.format(**words))

    def _nonsense(self) -> str:
        return self._apply(NONSENSE, keeps=False)

    def _scale(self) -> str:
        return self._apply(workload("web", HTTPBIN, self.random.randint(2, 4), PROBED))

    def _restart(self, name: str) -> str:
        words = {"kind": "Deployment", "namespace": "default", "name": name}
        ask(self.lab, "holder", {"op": "restart", **words})
        return "done"

    def _delete_pod(self) -> str:
        pods = ask(self.lab, "holder", {"op": "pods"})["pods"]
        ready = [pod for pod in pods if pod["workload"] == "web" and pod["ready"]]
        if len(ready) < 2:
            return "skipped: it is the only one"
        pod = self.random.choice(ready)
        ask(self.lab, "holder", {"op": "delete_pod", "pod": f"default/{pod['name']}"})
        return "done"

    def _apply(self, text: str, keeps: bool = True) -> str:
        plane = PlaneClient(self.lab.folder / "plane.sock", self.lab.name, patience=PATIENCE_S)
        bodies = [body for body in yaml.safe_load_all(text) if body] if keeps else []
        for body in bodies:
            self.possible.setdefault(_key(body), [None]).append(body)
        try:
            plane.apply([("edit.yaml", text.encode())])
        except (PlaneUnreachable, PlaneRefused) as refusal:
            self.refused += 1
            return type(refusal).__name__
        self.acknowledged += 1
        for body in bodies:
            self.possible[_key(body)] = [body]
        return "acknowledged"


def _key(body: Any) -> Key:
    return body["kind"], body["metadata"]["name"]


def _same(wanted: Any, found: list[Any]) -> bool:
    """Whether the plane holds this; None stands for nothing, or for what the lab began with."""
    if wanted is None:
        return True
    return any(wanted["spec"] == body["spec"] for body in found)

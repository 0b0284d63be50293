"""The text of a lab.yaml to begin with: one entry for each image that a stand-in runs for. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.environment import PodFacts, resolve
from gossamer.lab.plan.pod.pod import Container, PodPlan
from gossamer.lab.plan.stand_ins.calling import ContainerVariables, found_calls
from gossamer.lab.plan.stand_ins.stand_in import StandInRole
from gossamer.lab.plan.workloads import Plan

_HEAD = """\
# What runs instead of images; docs/lab.md has all that may stand here.
# Written by `gossamer up --stand-in=write`. To use a program of yours instead of a stand-in, write
#   "IMAGE": COMMAND
# `ports` are further ones to listen on ([8080, 5353/udp]), `calls` further services to call
# ([catalogue, "carts:80"]).
stand-in: true  # for every image that nothing else runs
images:
"""


@dataclass(slots=True)
class _Entry:
    """What is known of one image."""

    places: dict[str, None]
    listens: dict[str, None]
    calls: dict[str, None]
    serves: bool = False


def lab_file_text(plan: Plan, documents: LabDocuments) -> tuple[str, int]:
    """The file, and how many images it names."""
    entries: dict[str, _Entry] = {}
    for pod in plan.pods:
        for container in (*pod.init_containers, *pod.containers):
            if container.stand_in is not None:
                glob = _untagged(container.image)
                _add(entries.setdefault(glob, _Entry({}, {}, {})), container, pod, documents)
    lines = [line for glob in sorted(entries) for line in _lines(glob, entries[glob])]
    return _HEAD + "\n".join(lines or ["  {}"]) + "\n", len(entries)


def _untagged(image: str) -> str:
    whole = image.partition("@")[0]
    name = whole.rpartition("/")[2]
    return whole[: len(whole) - len(name)] + name.partition(":")[0]


def _add(entry: _Entry, container: Container, pod: PodPlan, documents: LabDocuments) -> None:
    assert container.stand_in is not None
    ends = " (ends at once)" if container.stand_in.role is StandInRole.END else ""
    entry.places[f"{pod.kind} {pod.namespace}/{pod.workload}, {container.name}{ends}"] = None
    if not ends:
        entry.serves = True
        ports = (f"{n}/udp" if k == "UDP" else str(n) for n, k in container.stand_in.ports)
        entry.listens |= dict.fromkeys(ports)
        entry.calls |= dict.fromkeys(_called(container, pod, documents))


def _called(container: Container, pod: PodPlan, documents: LabDocuments) -> Iterator[str]:
    facts = PodFacts(pod.namespace, pod.name, pod.service_account, pod.labels, pod.annotations, ())
    own = resolve(container.env, facts, documents).values
    calls = found_calls(container, pod, facts, ContainerVariables(own, own), documents)
    for url, why in calls.called:
        yield f"{url} ({why})"


def _lines(glob: str, entry: _Entry) -> Iterator[str]:
    for place in entry.places:
        yield f"  # {_plain(place)}"
    if entry.listens:
        yield f"  # listens on {', '.join(entry.listens)}"
    for call in entry.calls:
        yield f"  # calls {_plain(call)}"
    yield f"  {json.dumps(glob)}:"
    yield "    stand-in: true"
    if entry.serves:
        yield "    ports: []"
        yield "    calls: []"


def _plain(text: str) -> str:
    """On one line, so that nothing leaves its comment."""
    return " ".join(text.split())

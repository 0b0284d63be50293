"""Observations as they come: pods as JSON from platforms, other facts as values of this process.

The latest pods of each source are on disk, so that a restarted plane starts from them and not from
an empty mesh. What the plane observes itself (trust roots, `roots.py`) has files of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2s
from ipaddress import ip_address
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gossamer.capture.plan import read_plan
from gossamer.model import tables
from gossamer.model.finding import Finding
from gossamer.model.ids import Key, Table
from gossamer.model.observed import Observed
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole, discovery_of
from gossamer.plane.api.answers import SourceStatus
from gossamer.plane.api.shapes import ObservationBody, PodSeen, PortSeen
from gossamer.plane.observed.sources import NO_EXPIRY, BadObservation, Observation, Sources
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_atomic

T = TypeVar("T")

SCHEMA = 2

TOKEN_KEYS = "jwks/"
"""How the names of sources begin that the plane fetches itself."""


class KeptObservation(msgspec.Struct, frozen=True):
    """A source's latest observation as it is kept on disk."""

    schema: int
    source: str
    body: ObservationBody = msgspec.field(name="word")


_log = EventLog("gossamer.plane")


class Observations:
    """The door by which observed facts enter: read, stamped with their time, kept.

    Each source of pods has a file of its own in `folder`, so that one observation costs one file's
    writing.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._seen: dict[str, Mapping[str, PodSeen]] = {}
        self._problems: dict[str, tuple[Finding, ...]] = {}
        self.sources = Sources()

    def recall(self) -> Observed:
        """What was known when the plane last ran, as far as that can be read."""
        changed: dict[Key, Any] = {}
        for file in sorted(self._folder.glob("*.json")):
            try:
                kept = msgspec.json.decode(file.read_bytes(), type=KeptObservation)
                if kept.schema == SCHEMA:
                    changed.update(self._take_pods(kept.source, kept.body))
            except (OSError, ValueError, RecursionError) as error:
                # Its source will speak again.
                _log.warning("observation-unreadable", file=file.name, error=repr(error))
        return changed

    def replace(self, source: str, observation: ObservationBody) -> Observed:
        """Take a source's pods; the facts that came, changed or went (None) because of it.

        Raises BadObservation, and then the previous observation stays in effect.
        """
        if source.startswith(TOKEN_KEYS):
            raise BadObservation(f"the source {source:.80} is the plane's own; choose another name")
        changed = self._take_pods(source, observation)
        if changed:
            self._keep(source, observation)
        return changed

    def take(
        self,
        source: str,
        table: Table[T],
        facts: Mapping[str, T],
        lease_s: float = NO_EXPIRY,
        at: float | None = None,
    ) -> Observed:
        """Take a source's facts as values; those that came, changed or went because of it.

        `at` is when they were seen, if not now. Raises BadObservation, and then the previous
        observation stays in effect.
        """
        seen = self._clock() if at is None else at
        return self.sources.observe(source, Observation(table, facts, seen, lease_s))

    def pods(self) -> Iterator[Pod]:
        """Every pod that some source sees."""
        for latest in self.sources.latest.values():
            if latest.table == tables.PODS:
                yield from latest.facts.values()

    def knows(self, source: str) -> bool:
        """Whether the source has said something."""
        return source in self.sources.latest

    def fail(self, source: str, *problem: Finding) -> bool:
        """The source cannot say what is so now; its last report stays in effect.

        The same is said of each object that it concerns. Whether it is another problem than before.
        """
        former, self._problems[source] = self._problems.get(source), problem
        return former != problem

    def mend(self, source: str) -> None:
        """The source can say again what is so."""
        self._problems.pop(source, None)

    def drop(self, source: str) -> Observed:
        """Nobody asks for the source any more; the facts that went because of it."""
        self.mend(source)
        return self.sources.drop(source)

    def findings(self) -> tuple[Finding, ...]:
        """Why sources cannot say what is so now."""
        return tuple(each for source in sorted(self._problems) for each in self._problems[source])

    def status(self) -> dict[str, SourceStatus]:
        """Every source by name: what it observes, its lease and its age."""
        now = self._clock()
        return {
            name: _status(latest, now, next(iter(self._problems.get(name, ())), None))
            for name, latest in self.sources.latest.items()
        }

    def supposed(self, pods: Mapping[str, Sequence[PodSeen]]) -> Observed:
        """The facts that would come, change or go if sources saw these pods; nothing is taken.

        Raises BadObservation for a pod that cannot be read.
        """
        changed: dict[Key, Any] = {}
        for source, seen in pods.items():
            read = {pod.key: pod for pod in map(read_pod, seen)}
            changed.update(self.sources.change(source, tables.PODS, read))
        return changed

    def _take_pods(self, source: str, observation: ObservationBody) -> Observed:
        """A pod that is told again in the same words is not read again."""
        known, former = self.sources.facts(source, tables.PODS), self._seen.get(source, {})
        read = [(_read_once(each, known, former), each) for each in observation.pods]
        pods = {pod.key: pod for pod, _ in read}
        changed = self.take(source, tables.PODS, pods, observation.lease_s)
        self._seen[source] = {pod.key: each for pod, each in read}
        return changed

    def _keep(self, source: str, observation: ObservationBody) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = self._folder / f"{blake2s(source.encode(), digest_size=16).hexdigest()}.json"
        write_atomic(file, msgspec.json.encode(KeptObservation(SCHEMA, source, observation)))


def _status(latest: Observation[Any], now: float, problem: Finding | None) -> SourceStatus:
    """JSON has no infinity: a source without an expiry has the lease None."""
    return SourceStatus(
        pods=len(latest.facts) if latest.table == tables.PODS else 0,
        age_s=round(now - latest.at, 1),
        stale=latest.stale(now),
        observes=latest.table.name,
        facts=len(latest.facts),
        lease_s=latest.lease_s if isfinite(latest.lease_s) else None,
        problem=problem.message if problem else msgspec.UNSET,
    )


def _read_once(seen: PodSeen, known: Mapping[str, Pod], former: Mapping[str, PodSeen]) -> Pod:
    """The pod that is known by these very words, else read anew."""
    key = f"{seen.namespace}/{seen.name}"
    return known[key] if former.get(key) == seen else read_pod(seen)


def read_pod(seen: PodSeen) -> Pod:
    """One observed pod. Raises BadObservation, naming the pod and what is wrong."""
    try:
        return _pod(seen)
    except ValueError as error:
        key = f"{seen.namespace}/{seen.name}"
        raise BadObservation(
            f"the observed pod {key:.120} cannot be read: {error!s:.200}; "
            "the previous observation of the source stays in effect; send the shape in "
            "docs/openapi.yaml"
        ) from error


def _pod(seen: PodSeen) -> Pod:
    annotations = seen.annotations or {}
    capture, _ = read_plan(annotations)  # complaints are told by whoever captures
    return Pod(
        namespace=seen.namespace,
        name=seen.name,
        workload=seen.workload.rpartition("/")[2],
        addresses=tuple(map(_address, seen.ip)),
        labels=labels(seen.labels or {}),
        service_account=seen.service_account or "default",
        ready=seen.ready,
        role=_role(seen),
        discovery=discovery_of(annotations),
        ports=tuple(map(_port, seen.ports or ())),
        greets=tuple(sorted(seen.greets or ())),
        host=seen.host or "",
        locality=seen.locality or "",
        hostname=seen.hostname or "",
        subdomain=seen.subdomain or "",
        captured_ports=capture.include_inbound_ports,
        uncaptured_ports=capture.exclude_inbound_ports,
        stand_in=seen.stand_in,
        doors=seen.doors,
    )


def _address(text: str) -> str:
    """As it is written; ValueError for what is no IP address."""
    ip_address(text)
    return text


def _port(seen: PortSeen) -> PodPort:
    return PodPort(name=seen.name or "", number=seen.number, protocol=seen.protocol or "TCP")


def _role(seen: PodSeen) -> ProxyRole:
    if seen.gateway:
        return ProxyRole.GATEWAY
    return ProxyRole.SIDECAR if seen.injected else ProxyRole.NONE

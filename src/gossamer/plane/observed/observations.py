"""Observations as they come: pods as JSON from platforms, other facts as values of this process.

The latest pods of each source are on disk, so that a restarted plane starts from them and not from
an empty mesh. What the plane observes itself (trust roots) it looks at again when it starts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import blake2s
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from gossamer.capture.plan import read_plan
from gossamer.model import tables
from gossamer.model.ids import Key, Table
from gossamer.model.observed import Observed
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole, discovery_of
from gossamer.plane.api.answers import SourceStatus
from gossamer.plane.observed.sources import NO_EXPIRY, BadObservation, Observation, Sources
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_atomic

T = TypeVar("T")

SCHEMA = 2

_log = EventLog("gossamer.plane")


class Observations:
    """The door by which observed facts enter: read, stamped with their time, kept.

    Each source of pods has a file of its own in `folder`, so that one observation costs one file's
    writing.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._raw: dict[str, Mapping[str, Any]] = {}
        self.sources = Sources()

    def recall(self) -> Observed:
        """What was known when the plane last ran, as far as that can be read."""
        changed: dict[Key, Any] = {}
        for file in sorted(self._folder.glob("*.json")):
            try:
                kept = json.loads(file.read_text())
                if kept.get("schema") == SCHEMA:
                    changed.update(self._take_pods(str(kept["source"]), kept["word"]))
            except (OSError, ValueError, KeyError, AttributeError) as error:
                # Its source will speak again.
                _log.warning("observation-unreadable", file=file.name, error=repr(error))
        return changed

    def replace(self, source: str, raw: Mapping[str, Any]) -> Observed:
        """Take a source's pods as JSON; the facts that came, changed or went (None) because of it.

        Raises BadObservation, and then the previous observation stays in effect.
        """
        changed = self._take_pods(source, raw)
        if changed:
            self._keep(source, raw)
        return changed

    def take(
        self, source: str, table: Table[T], facts: Mapping[str, T], lease_s: float = NO_EXPIRY
    ) -> Observed:
        """Take a source's facts as values; those that came, changed or went because of it.

        Raises BadObservation, and then the previous observation stays in effect.
        """
        return self.sources.observe(source, Observation(table, facts, self._clock(), lease_s))

    def status(self) -> dict[str, SourceStatus]:
        """Every source by name: what it observes, its lease and its age."""
        now = self._clock()
        return {name: _status(latest, now) for name, latest in self.sources.latest.items()}

    def _take_pods(self, source: str, raw: Mapping[str, Any]) -> Observed:
        """A pod that is told again in the same words is not read again."""
        known, former = self.sources.facts(source, tables.PODS), self._raw.get(source, {})
        read = [(_read_once(each, known, former), each) for each in raw.get("pods", ())]
        pods = {pod.key: pod for pod, _ in read}
        changed = self.take(source, tables.PODS, pods, float(raw.get("lease_s", 30)))
        self._raw[source] = {pod.key: each for pod, each in read}
        return changed

    def _keep(self, source: str, raw: Mapping[str, Any]) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = self._folder / f"{blake2s(source.encode(), digest_size=16).hexdigest()}.json"
        text = json.dumps({"schema": SCHEMA, "source": source, "word": dict(raw)})
        write_atomic(file, text)


def _status(latest: Observation[Any], now: float) -> SourceStatus:
    """JSON has no infinity: a source without an expiry has the lease None."""
    return SourceStatus(
        pods=len(latest.facts) if latest.table == tables.PODS else 0,
        age_s=round(now - latest.at, 1),
        stale=latest.stale(now),
        observes=latest.table.name,
        facts=len(latest.facts),
        lease_s=latest.lease_s if isfinite(latest.lease_s) else None,
    )


def _read_once(raw: Any, known: Mapping[str, Pod], former: Mapping[str, Any]) -> Pod:
    """The pod that is known by these very words, else read anew."""
    key = f"{raw.get('namespace')}/{raw.get('name')}" if isinstance(raw, Mapping) else ""
    return known[key] if key and former.get(key) == raw else read_pod(raw)


def read_pod(raw: Any) -> Pod:
    """One observed pod out of its JSON. Raises BadObservation, naming the pod and the trouble."""
    try:
        return _pod(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        name = f"{raw.get('namespace')}/{raw.get('name')}" if isinstance(raw, Mapping) else raw
        raise BadObservation(
            f"the observed pod {name} cannot be read ({type(error).__name__}: {error}); "
            "the previous observation of the source stays in effect; send the shape in "
            "docs/openapi.yaml"
        ) from error


def _pod(raw: Mapping[str, Any]) -> Pod:
    annotations = {str(k): str(v) for k, v in (raw.get("annotations") or {}).items()}
    capture, _ = read_plan(annotations)  # complaints are told by whoever captures
    return Pod(
        namespace=str(raw["namespace"]),
        name=str(raw["name"]),
        workload=str(raw["workload"]).rpartition("/")[2],
        addresses=tuple(str(address) for address in raw.get("ip") or ()),
        labels=labels({str(k): str(v) for k, v in (raw.get("labels") or {}).items()}),
        service_account=str(raw.get("service_account") or "default"),
        ready=bool(raw.get("ready")),
        role=_role(raw),
        discovery=discovery_of(annotations),
        ports=tuple(_port(port) for port in raw.get("ports") or ()),
        greets=tuple(sorted(int(port) for port in raw.get("greets") or ())),
        host=str(raw.get("host") or ""),
        locality=str(raw.get("locality") or ""),
        hostname=str(raw.get("hostname") or ""),
        subdomain=str(raw.get("subdomain") or ""),
        captured_ports=capture.include_inbound_ports,
        uncaptured_ports=capture.exclude_inbound_ports,
        stand_in=bool(raw.get("stand_in")),
        doors=str(raw.get("doors") or ""),
    )


def _port(raw: Mapping[str, Any]) -> PodPort:
    return PodPort(
        name=str(raw.get("name") or ""),
        number=int(raw["number"]),
        protocol=str(raw.get("protocol") or "TCP"),
    )


def _role(raw: Mapping[str, Any]) -> ProxyRole:
    if raw.get("gateway"):
        return ProxyRole.GATEWAY
    return ProxyRole.SIDECAR if raw.get("injected") else ProxyRole.NONE

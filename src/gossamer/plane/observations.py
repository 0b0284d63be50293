"""What platforms see: pods, by source, each with a lease, last known good kept with its age.

A source replaces all of its pods at once. A source that falls silent keeps what it said (a dead
watcher stops nothing); only its age shows. The latest word is on disk, so that a restarted plane
starts from it and not from an empty mesh.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2s
from pathlib import Path
from typing import Any

from gossamer.capture.plan import read_plan
from gossamer.model.labels import labels
from gossamer.model.pod import Pod, PodPort, ProxyRole, discovery_of
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_atomic

SCHEMA = 2

_log = EventLog("gossamer.plane")


class BadObservation(ValueError):
    """An observation that cannot be read; the source's previous one stays in effect."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A source's latest word: its pods by `NS/NAME`, when it came, how long it is good for.

    `said` is each pod as it was told, by which one that is told again is not read again.
    """

    pods: Mapping[str, Pod]
    at: float
    lease_s: float
    said: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def stale(self, now: float) -> bool:
        """Whether the source should have spoken again by now."""
        return now > self.at + self.lease_s


NOTHING_YET = Observation({}, 0.0, 0.0)


class Observations:
    """The words of all sources, and the pods that follow from them.

    Each source has a file of its own in `folder`, so that one word costs one word's writing.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self.words: dict[str, Observation] = {}

    def recall(self) -> Mapping[str, Pod | None]:
        """What was known when the plane last ran, as far as that can be read."""
        changed: dict[str, Pod | None] = {}
        for file in sorted(self._folder.glob("*.json")):
            try:
                kept = json.loads(file.read_text())
                if kept.get("schema") == SCHEMA:
                    changed |= self._take(str(kept["source"]), kept["word"])
            except (OSError, ValueError, KeyError, AttributeError) as error:
                # Its source will speak again.
                _log.warning("observation-unreadable", file=file.name, error=repr(error))
        return changed

    def replace(self, source: str, raw: Mapping[str, Any]) -> Mapping[str, Pod | None]:
        """Take a source's word; the pods that came, changed or went (None) because of it.

        Raises BadObservation, and then the previous observation stays in effect.
        """
        changed = self._take(source, raw)
        if changed:
            self._keep(source, raw)
        return changed

    def _take(self, source: str, raw: Mapping[str, Any]) -> Mapping[str, Pod | None]:
        former = self.words.get(source, NOTHING_YET)
        read = [(said, _read_once(said, former)) for said in raw.get("pods", ())]
        pods, words = {pod.key: pod for _, pod in read}, {pod.key: said for said, pod in read}
        self.words[source] = Observation(pods, self._clock(), float(raw.get("lease_s", 30)), words)
        gone: dict[str, Pod | None] = dict.fromkeys(former.pods.keys() - pods.keys())
        return gone | {key: pod for key, pod in pods.items() if former.pods.get(key) != pod}

    def _keep(self, source: str, raw: Mapping[str, Any]) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        file = self._folder / f"{blake2s(source.encode(), digest_size=16).hexdigest()}.json"
        text = json.dumps({"schema": SCHEMA, "source": source, "word": dict(raw)})
        write_atomic(file, text)


def _read_once(raw: Any, former: Observation) -> Pod:
    """The pod that the source's previous observation gave for these very words, else read anew."""
    key = f"{raw.get('namespace')}/{raw.get('name')}" if isinstance(raw, Mapping) else ""
    return former.pods[key] if key and former.said.get(key) == raw else read_pod(raw)


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

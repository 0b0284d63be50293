"""What the API server refuses of a pod's specification beyond types: restarts, probes, volumes."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Finding

_REFUSED = "a cluster refuses the object, and nothing of it is used"
_RESTARTS = {
    "Pod": ("Always", "OnFailure", "Never"),
    "Job": ("OnFailure", "Never"),
    "CronJob": ("OnFailure", "Never"),
}
_KEPT_UP = ("Always",)
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_HANDLERS = ("httpGet", "tcpSocket", "exec", "grpc")
_CONTAINERS = ("initContainers", "containers")


def broken_rules(spec: Fields, kind: str) -> Iterator[Finding]:
    """A finding for each such thing."""
    yield from _restart(spec, kind)
    seen: set[str] = set()
    for volume in spec.each("volumes"):
        name = volume.string("name", "")
        if name in seen:
            what = f"two volumes of the pod have the name {name!r}"
            yield _told(
                volume, "name", what, "Give each volume a name of its own", "duplicate-name"
            )
        seen.add(name)
    for container in (each for key in _CONTAINERS for each in spec.each(key)):
        for name in filter(container.has, _PROBES):
            yield from _probe(container.child(name))


def _restart(spec: Fields, kind: str) -> Iterator[Finding]:
    allowed = _RESTARTS.get(kind, _KEPT_UP)
    policy = spec.string("restartPolicy", "Always")
    if spec and policy not in allowed:
        what = f"restartPolicy is {quoted(policy)}, not one of {', '.join(allowed)}"
        if not spec.has("restartPolicy"):
            what = f"restartPolicy is missing, and a {kind} does not take {policy}, the default"
        remedy = f"Write restartPolicy: {allowed[0]}"
        yield _told(spec, "restartPolicy", what, remedy, "unknown-value")


def _probe(probe: Fields) -> Iterator[Finding]:
    set_ = [name for name in _HANDLERS if probe.has(name)]
    where = dotted(probe.path)
    if not set_:
        what, remedy = f"{where} specifies no handler", f"Set one of {', '.join(_HANDLERS)}"
        yield _told(probe, None, what, remedy, "missing-field")
    elif len(set_) > 1:
        what = f"{where} has {' and '.join(set_)}, but only one is allowed"
        yield _told(probe, set_[1], what, f"Keep one of {', '.join(set_)}", "invalid-field")


def _told(at: Fields, field: str | None, what: str, remedy: str, code: str) -> Finding:
    origin = at.origin_of(field) if field else at.origin
    return Finding(origin, what, _REFUSED, remedy, code)

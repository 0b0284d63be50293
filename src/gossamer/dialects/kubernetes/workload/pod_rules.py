"""What the API server refuses of a pod's specification beyond types: restarts, probes, volumes."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.manifests.quantity import quantity
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
        for variable in container.each("env"):
            yield from _variable(variable)
        for side in ("limits", "requests"):
            yield from _amounts(container.child("resources"), side)


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


def _variable(variable: Fields) -> Iterator[Finding]:
    name = variable.string("name", "")
    if name and not (name.isascii() and name.isprintable() and "=" not in name):
        what = f"{quoted(name)} is not a valid name of a variable"
        yield _told(variable, "name", what, "Write printable ASCII without =", "invalid-name")
    if variable.string("value", "") and variable.has("valueFrom"):
        what = "value and valueFrom are set together, but only one is allowed"
        yield _told(variable, "valueFrom", what, "Keep one of them", "invalid-field")


def _amounts(resources: Fields, side: str) -> Iterator[Finding]:
    for name, amount in resources.mapping(side).items():
        is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
        if not is_number and (not isinstance(amount, str) or quantity(amount) is None):
            what = f"{side} of {name} is {quoted(amount)}, which is not a quantity"
            at = resources.child(side)
            yield _told(at, name, what, "Write one such as 500m, 2 or 64Mi", "invalid-field")


def _told(at: Fields, field: str | None, what: str, remedy: str, code: str) -> Finding:
    origin = at.origin_of(field) if field else at.origin
    return Finding(origin, what, _REFUSED, remedy, code)

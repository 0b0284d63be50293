"""`mirror` and `mirrors`: copies of requests, whose answers are thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.dialects.istio.values.percentage import read_percentage
from gossamer.dialects.istio.virtual_service.destination import read_destination
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.mirror import Mirror, MirrorTarget


def read_mirror(rule: Fields, namespace: str) -> Mirror | None:
    """The copies that a rule makes: of all its requests where no percentage is set."""
    rule.variant("mirror", "mirrors")
    targets = (*_one(rule, namespace), *_many(rule, namespace))
    return Mirror(targets) if targets else None


def _one(rule: Fields, namespace: str) -> Iterator[MirrorTarget]:
    stanza = rule.child("mirror")
    percent = read_percentage(rule, "mirrorPercent", "mirror_percent", name="mirrorPercentage")
    if rule.child("mirrorPercentage").failed:
        percent = 0.0
    if stanza:
        yield from _target(stanza, stanza, percent, namespace)
    elif percent is not None and not rule.has("mirrors"):
        _tell_alone(rule)


def _tell_alone(rule: Fields) -> None:
    rule.report(
        f"{dotted(rule.path)} has a mirrorPercentage and no mirror",
        "nothing is copied",
        "Add mirror: {host: NAME}, or remove mirrorPercentage",
        field="mirrorPercentage",
        severity=Severity.WARNING,
        code="no-effect",
    )


def _many(rule: Fields, namespace: str) -> Iterator[MirrorTarget]:
    if rule.child("mirror"):
        return
    for item in rule.each("mirrors"):
        destination = item.child("destination", required=True)
        yield from _target(item, destination, read_percentage(item), namespace)


def _target(
    stanza: Fields, destination: Fields, percent: float | None, namespace: str
) -> Iterator[MirrorTarget]:
    backend = read_destination(destination, namespace)
    share = 100.0 if percent is None else percent
    if not left_out(stanza, "no copies go there") and backend is not None and share:
        yield MirrorTarget(backend.host, backend.port, backend.subset, share)

"""What Istio takes in an HTTP rule and what changes nothing there: it is reported and passed
over."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.mirror import Mirror, MirrorTarget

_ANSWERS = ("redirect", "directResponse")
_OF_BACKENDS = {
    "timeout": "it ends requests that a backend leaves waiting",
    "retries": "it tries again what a backend did not answer well",
    "mirror": "it copies requests that reach a backend",
    "mirrors": "it copies requests that reach a backend",
    "corsPolicy": "it tells browsers who may read the answers of a backend",
}
"""Fields for requests that reach a backend; Istio refuses fault and rewrite there by itself."""


def check_in_vain(rule: Fields, mirror: Mirror | None) -> None:
    """Report each such thing of a rule."""
    answer = next(filter(rule.has, _ANSWERS), None)
    for name in filter(rule.has, _OF_BACKENDS if answer else ()):
        _tell(
            rule,
            name,
            f"{dotted((*rule.path, name))} is set together with {answer}",
            f"{_OF_BACKENDS[name]}, and none of this rule's does",
            f"Remove {name}, or give the rule a route instead of {answer}",
        )
    _check_case(rule)
    for target in _again(mirror):
        _tell(
            rule,
            "mirrors",
            f"{dotted((*rule.path, 'mirrors'))} names {target.host} twice",
            "it gets two copies of a request",
            "Name it once, with the percentage that is meant",
            code="duplicate-destination",
        )


def _check_case(rule: Fields) -> None:
    for match in rule.each("match"):
        if match.boolean("ignoreUriCase", False) and match.child("uri").has("regex"):
            _tell(
                match,
                "ignoreUriCase",
                f"{dotted((*match.path, 'ignoreUriCase'))} is set together with a regex",
                "it is for exact and prefix alone: the regex keeps to the case of its letters",
                "Begin the regex with (?i), and remove ignoreUriCase",
            )


def _again(mirror: Mirror | None) -> Iterator[MirrorTarget]:
    """Each target of copies that stands before in the list, once."""
    seen: dict[tuple[object, ...], int] = {}
    for target in mirror.targets if mirror else ():
        whom = (target.host, target.port, target.subset)
        seen[whom] = seen.get(whom, 0) + 1
        if seen[whom] == 2:
            yield target


def _tell(
    place: Fields, field: str, message: str, effect: str, remedy: str, code: str = "no-effect"
) -> None:
    place.report(message, effect, remedy, field=field, severity=Severity.WARNING, code=code)

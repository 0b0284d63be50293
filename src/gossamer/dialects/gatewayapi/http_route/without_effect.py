"""What the API server takes of an HTTPRoute and what changes nothing: it is reported and passed
over."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity

_OF_BACKENDS = {
    "timeouts": "it bounds requests that a backend leaves waiting",
    "retry": "it tries again what a backend did not answer well",
}
_HOST = ("host", ":authority")


def check_route_in_vain(spec: Fields) -> None:
    """Report each such thing of a route."""
    _check_hostnames(spec)
    for rule in spec.each("rules"):
        filters = list(rule.each("filters"))
        kinds = {item.string("type", "") for item in filters}
        if "RequestRedirect" in kinds:
            _check_redirect(rule, kinds)
        _check_mirrors(rule, filters)
        _check_host(rule, filters)


def _check_hostnames(spec: Fields) -> None:
    """The specification: where the parent is a Service, hostnames must be ignored."""
    parents = [ref.string("kind", "Gateway") for ref in spec.each("parentRefs")]
    if parents and set(parents) == {"Service"} and spec.value("hostnames"):
        _tell(
            spec,
            "hostnames",
            "spec.hostnames is for gateways, and the route's parents are Services alone",
            "the rules are for every request to them, whatever its Host",
            "Remove hostnames, or match on the Host header in the rules",
        )


def _check_redirect(rule: Fields, kinds: set[str]) -> None:
    for name in filter(rule.has, _OF_BACKENDS):
        _tell(
            rule,
            name,
            f"{dotted((*rule.path, name))} is set together with a RequestRedirect",
            f"{_OF_BACKENDS[name]}, and none of this rule's reaches one",
            f"Remove {name}, or the RequestRedirect",
        )
    if "RequestMirror" in kinds:
        _tell(
            rule,
            "filters",
            f"{dotted((*rule.path, 'filters'))} has a RequestMirror beside a RequestRedirect",
            "only requests that reach a backend are copied, and none of this rule's does",
            "Remove one of the two filters",
        )


def _check_mirrors(rule: Fields, filters: list[Fields]) -> None:
    seen: set[tuple[object, ...]] = set()
    for item in filters:
        ref = item.child("requestMirror").child("backendRef")
        whom = (ref.string("namespace"), ref.string("name"), ref.port("port"))
        if ref and whom in seen:
            _tell(
                ref,
                "name",
                f"{dotted(ref.path)} names {whom[1]} as a RequestMirror above it does",
                "it gets two copies of a request",
                "Name it once, with the percentage that is meant",
                code="duplicate-destination",
            )
        seen.add(whom)


def _check_host(rule: Fields, filters: list[Fields]) -> None:
    """Of a new Host and a new hostname the latter is what the backend gets."""
    if not any(item.child("urlRewrite").has("hostname") for item in filters):
        return
    for item in filters:
        change = item.child("requestHeaderModifier")
        for header in (*change.each("set"), *change.each("add")):
            if header.string("name", "").lower() in _HOST:
                _tell(
                    header,
                    "name",
                    f"{dotted(header.path)} sets the Host, as a URLRewrite of the rule does",
                    "the backend gets the hostname of the URLRewrite",
                    "Keep one of the two",
                )


def _tell(
    place: Fields, field: str, message: str, effect: str, remedy: str, code: str = "no-effect"
) -> None:
    place.report(message, effect, remedy, field=field, severity=Severity.WARNING, code=code)

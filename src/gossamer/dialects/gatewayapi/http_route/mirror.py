"""RequestMirror: copies of requests to another service, whose answers are thrown away."""

from __future__ import annotations

from gossamer.dialects.gatewayapi.words import check_namespace
from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.ids import service_host
from gossamer.model.policies.mirror import Mirror, MirrorTarget


def read_mirror(filter_: Fields, namespace: str) -> Mirror | None:
    """One target; with an error in it no copies are made and the requests pass."""
    stanza = filter_.optional()
    ref = stanza.child("backendRef", required=True)
    kind = (ref.string("group", ""), ref.string("kind", "Service"))
    name = ref.string("name", required=True) or ""
    home = ref.string("namespace") or namespace
    port = ref.port("port", required=True)
    ref.skip("weight")
    check_namespace(ref)
    percent = _percent(stanza)
    if kind != ("", "Service"):
        ref.report(
            f"{dotted(ref.path)} refers to a {kind[1]}, which cannot receive requests",
            "no copies are made",
            "Refer to a Service",
            field="kind",
            code="invalid-reference",
        )
    if left_out(stanza, "no copies go there") or not percent:
        return None
    return Mirror((MirrorTarget(service_host(name, home), port, "", percent),))


def join_mirrors(former: Mirror, other: Mirror) -> Mirror:
    """Copies to the targets of both."""
    return Mirror((*former.targets, *other.targets))


def _percent(stanza: Fields) -> float:
    if stanza.variant("percent", "fraction") == "percent":
        return float(stanza.integer("percent", 100, low=0, high=100))
    fraction = stanza.child("fraction")
    if not fraction:
        return 100.0
    above = fraction.integer("numerator", 0, low=0, high=2**31 - 1)
    below = fraction.integer("denominator", 100, low=1, high=2**31 - 1)
    if above > below:
        fraction.report(
            f"{dotted(fraction.path)} is {above}/{below}, more than all requests",
            "no copies are made",
            "Write a numerator that is not above the denominator",
            code="out-of-range",
        )
    return 100.0 * above / below

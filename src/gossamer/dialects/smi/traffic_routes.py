"""HTTPRouteGroup, TCPRoute and UDPRoute (v1alpha1 to v1alpha4): what calls look like.

They have no effect of their own; traffic targets refer to them. Up to v1alpha2 the matches stand
beside metadata, and headers are a list. Regular expressions match as a whole: SMI says that they
begin where the path begins, and by a mere prefix `/metrics` would open `/metrics-private`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import left_out, refused
from gossamer.dialects.values.regex import fault_of
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted
from gossamer.model.finding import Finding
from gossamer.model.workload.access import HttpMatch, RouteKind, TrafficRoutes

_LOST = "calls by this match are denied"
_WHY = "other calls than intended could be allowed"


def read_http_route_group(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """The requests that have names here."""
    with Fields(manifest, (), findings) as top:
        spec = top if top.has("matches") else top.child("spec", required=True)
        matches = tuple(_matches(spec))
        if refused(spec, _WHY):
            return None
    return ObjectFragments((_routes(manifest, RouteKind.HTTP, matches),))


def _read_ports(
    kind: RouteKind,
) -> Callable[[Manifest, list[Finding]], ObjectFragments | None]:
    def read(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
        with Fields(manifest, (), findings) as top:
            spec = top if top.has("matches") else top.child("spec")
            ports = tuple(_ports(spec.child("matches")))
            if refused(spec, _WHY):
                return None
        return ObjectFragments((_routes(manifest, kind, ports=ports),))

    return read


read_tcp_route = _read_ports(RouteKind.TCP)
read_udp_route = _read_ports(RouteKind.UDP)


def _routes(
    manifest: Manifest,
    kind: RouteKind,
    matches: tuple[HttpMatch, ...] = (),
    ports: tuple[int, ...] = (),
) -> TrafficRoutes:
    home = manifest.namespace
    return TrafficRoutes(manifest.ref, kind, home, manifest.name, matches, ports)


def _ports(stanza: Fields) -> Iterator[int]:
    stanza.skip("name")
    for at, port in enumerate(stanza.value("ports") or ()):
        if isinstance(port, int) and 0 < port <= 65535:
            yield port
        else:
            stanza.report(
                f"{dotted((*stanza.path, 'ports', at))} is not a valid port",
                "it is ambiguous which port is meant",
                "Write the number of a port of the workload",
                field=("ports", at),
                code="out-of-range",
            )


def _matches(spec: Fields) -> Iterator[HttpMatch]:
    for item in spec.optional().each("matches"):
        name = item.string("name", required=True)
        path = _regex(item, "pathRegex", item.string("pathRegex", ""))
        methods = item.strings("methods")
        headers = tuple(sorted(_headers(item)))
        if not left_out(item, _LOST) and name:
            yield HttpMatch(name, path, () if "*" in methods else methods, headers)


def _headers(item: Fields) -> Iterator[tuple[str, str]]:
    if isinstance(item.value("headers"), tuple):
        stanzas = list(item.each("headers"))
    else:
        stanzas = [item.child("headers")]
    for stanza in stanzas:
        for name in stanza.names():
            yield name.lower(), _regex(stanza, name, stanza.string(name, ""))


def _regex(stanza: Fields, field: str, pattern: str) -> str:
    fault = fault_of(pattern) if pattern else None
    if fault is not None:
        stanza.report(
            f"{dotted((*stanza.path, field))} is not a regular expression that Envoy takes: "
            f"{fault}",
            _LOST,
            "Write it in the syntax of RE2",
            field=field,
            code="invalid-regex",
        )
    return pattern

"""Gateway: ports that outsiders reach, and the hosts served on them.

A server that cannot be opened as it is meant is left closed; the others stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gossamer.contract.addresses import is_address
from gossamer.dialects.istio.gateway.server_ports import check_ports
from gossamer.dialects.istio.gateway.server_tls import read_server_tls
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import left_out, refused
from gossamer.dialects.values.hostname import is_partial, is_pattern, tell_bad_host
from gossamer.dialects.values.ports import check_free
from gossamer.dialects.values.protocol import protocol_of
from gossamer.dialects.values.visibility import is_namespace
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted, quoted
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, Dialect, expand_host
from gossamer.model.policies import NO_POLICIES
from gossamer.model.traffic.gateway import Gateway, GatewayListener
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.labels import labels

_HOMES = ("", ".", EVERYWHERE)


def read_gateway(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """One gateway and its listeners."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        selector = spec.string_map("selector")
        extra = spec.optional()
        servers = [(server, _listener(server, manifest)) for server in extra.each("servers")]
        check_ports(extra)
        is_refused = refused(spec, "the pods it applies to are unknown")
        if not (selector or is_refused):
            _tell_no_selector(spec)
    written = [(listener, server) for server, (listener, _) in servers if listener is not None]
    opened = tuple(listener for _, (listener, is_open) in servers if listener and is_open)
    gateway = Gateway(
        object=manifest.ref,
        dialect=Dialect.ISTIO,
        namespace=manifest.namespace,
        name=manifest.name,
        selector=labels(selector),
        listeners=opened,
    )
    named = tuple((f"listener {li.name}", server.path) for li, server in written)
    whole = replace(gateway, listeners=tuple(listener for listener, _ in written))
    return ObjectFragments((gateway,), named, is_refused, (whole,) if whole != gateway else ())


def _listener(server: Fields, manifest: Manifest) -> tuple[GatewayListener | None, bool]:
    """The listener as far as it can be read, and whether it can be opened as it is meant."""
    port = server.child("port", required=True)
    if port.has("targetPort"):
        _tell_target(port)
    number = port.port("number", required=True)
    check_free(port, "number", number)
    name = server.string("name") or port.string("name") or str(number)
    protocol = _protocol(port)
    port.skip("name")
    hosts = tuple(_hosts(server, manifest.namespace))
    server.skip("defaultEndpoint")
    server.unsupported("bind", effect="the port is opened on every address")
    tls = read_server_tls(server, protocol)
    is_open = not left_out(server, "this port is not opened by it") and tls is not None
    if number is None or protocol is None:
        return None, False
    return GatewayListener(name, number, protocol, hosts, tls or NO_POLICIES), is_open


def _protocol(port: Fields) -> Protocol | None:
    name = port.string("protocol", required=True)
    protocol = protocol_of(name) if name else None
    if name and (protocol is None or protocol is Protocol.UDP):
        port.report(
            f"{dotted((*port.path, 'protocol'))} is {quoted(name)}, which gateways do not support",
            "the port stays closed",
            "Write HTTP, HTTPS, HTTP2, GRPC, TCP or TLS",
            field="protocol",
            code="unknown-value",
        )
    return protocol


def _hosts(server: Fields, namespace: str) -> Iterator[tuple[str, str]]:
    for at, text in enumerate(server.strings("hosts", required=True)):
        home, slash, host = text.rpartition("/")
        if "/" in home or not is_pattern(host) or is_partial(host):
            tell_bad_host(server, ("hosts", at), text)
        elif home not in _HOMES and not is_namespace(home):
            _tell_home(server, ("hosts", at), text)
        elif "." not in host and host != EVERYWHERE and not is_address(host):
            _tell_short(server, ("hosts", at), text)
        else:
            yield (home if slash and home else EVERYWHERE, expand_host(host, namespace))


def _tell_home(server: Fields, field: tuple[str, int], text: str) -> None:
    server.report(
        f"{dotted((*server.path, *field))} is {quoted(text)}, whose namespace is not valid",
        "no route may attach to it",
        "Write NAMESPACE/HOST, ./HOST for the Gateway's own namespace, or HOST alone",
        field=field,
        code="invalid-host",
    )


def _tell_target(port: Fields) -> None:
    port.skip("targetPort")
    port.report(
        f"{dotted((*port.path, 'targetPort'))} has no meaning on a gateway",
        "the port is opened where the Service in front of the gateway's pods leads it",
        "Set targetPort in that Service instead, and remove it here",
        field="targetPort",
        severity=Severity.WARNING,
        code="no-effect",
    )


def _tell_short(server: Fields, field: tuple[str, int], text: str) -> None:
    server.report(
        f"{dotted((*server.path, *field))} is {quoted(text)}, a short name",
        "Istio refuses it: clients outside have no namespace to resolve it in",
        "Write the full name, such as shop.example.com, or *",
        field=field,
        code="invalid-host",
    )


def _tell_no_selector(spec: Fields) -> None:
    spec.report(
        "the gateway selects no pods",
        "nothing serves it",
        "Set spec.selector to the labels of the gateway's pods, such as istio: ingressgateway",
        field="selector",
        severity=Severity.WARNING,
        code="gateway-without-pods",
    )

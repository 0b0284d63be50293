"""Gateway: listeners that outsiders reach, and which namespaces may attach routes to them.

A listener that cannot be opened as it is meant is left closed; the others stand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gossamer.dialects.gatewayapi.limits import GATEWAY, check_lengths
from gossamer.dialects.gatewayapi.listener_conflicts import check_addresses, check_bytes
from gossamer.dialects.gatewayapi.server_tls import read_server_tls
from gossamer.dialects.gatewayapi.words import check_controller, check_host, check_name
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import left_out, refused
from gossamer.dialects.values.ports import check_free
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.policies import NO_POLICIES
from gossamer.model.traffic.gateway import Gateway, GatewayClass, GatewayListener
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.labels import Labels, labels

NAME_LABEL = "gateway.networking.k8s.io/gateway-name"
_PROTOCOLS = {"HTTP": Protocol.HTTP, "HTTPS": Protocol.HTTPS}
_ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
_NOT_YET = ("TCP", "TLS", "UDP", "HBONE")


Listener = tuple[GatewayListener | None, bool]
"""A listener as far as it can be read, and whether it can be opened as it is meant."""


@dataclass(frozen=True, slots=True)
class _Admitted:
    """The namespaces whose routes may attach: named ones, `*`, or those with labels."""

    namespaces: tuple[str, ...] | None
    labels: Labels | None = None


_NOBODY = _Admitted(())


def read_gateway_class(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """Classes say who serves a Gateway; here that is always the mesh."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        check_controller(spec, "controllerName")
        spec.string("description")
        spec.unsupported("parametersRef", effect="gateways of the class are as of any other")
    return ObjectFragments((GatewayClass(manifest.ref, manifest.name),))


def read_gateway(manifest: Manifest, findings: list[Finding]) -> ObjectFragments:
    """One gateway; its pods carry its name in a label."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec", required=True)
        class_name = spec.string("gatewayClassName", required=True) or ""
        spec.skip("infrastructure")
        spec.unsupported("addresses", effect="it is reached at the address of its pods")
        check_addresses(spec)
        spec.unsupported("tls", "backendTLS", effect="certificates are not checked by it")
        spec.unsupported("allowedListeners", effect="no ListenerSet attaches to it")
        extra = spec.optional()
        listeners = [(item, _listener(item, manifest)) for item in extra.each("listeners")]
        _check_names(listeners)
        check_lengths(extra, GATEWAY)
        if not listeners:
            _tell_empty(extra)
        is_refused = refused(spec, "no controller is chosen to serve it")
    written = [(listener, item) for item, (listener, _) in listeners if listener is not None]
    opened = tuple(listener for _, (listener, is_open) in listeners if listener and is_open)
    gateway = Gateway(
        object=manifest.ref,
        dialect=Dialect.GATEWAY_API,
        namespace=manifest.namespace,
        name=manifest.name,
        selector=((NAME_LABEL, manifest.name),),
        listeners=opened,
        class_name=class_name,
    )
    named = tuple((f"listener {li.name}", item.path) for li, item in written)
    whole = replace(gateway, listeners=tuple(listener for listener, _ in written))
    return ObjectFragments((gateway,), named, is_refused, (whole,) if whole != gateway else ())


def _listener(item: Fields, manifest: Manifest) -> Listener:
    name = item.string("name", required=True)
    port = item.port("port", required=True)
    check_name(item, "name")
    check_free(item, "port", port)
    protocol = item.one_of("protocol", (*_PROTOCOLS, *_NOT_YET), required=True)
    host = item.string("hostname") or EVERYWHERE
    if item.has("hostname"):
        check_host(item, "hostname", host)
    check_bytes(item, protocol)
    admitted = _admitted(item.child("allowedRoutes"), manifest.namespace)
    if protocol in _NOT_YET:
        _tell_closed(item, protocol)
        item.skip("tls")
        policies = None
    else:
        policies = read_server_tls(item, protocol == "HTTPS", manifest.namespace)
    is_open = not left_out(item, "this listener is not opened") and policies is not None
    if name is None or port is None or protocol is None:
        return None, False
    listener = GatewayListener(
        name=name,
        port=port,
        protocol=_PROTOCOLS.get(protocol, Protocol.TCP),
        hosts=((EVERYWHERE, host.lower()),),
        policies=policies or NO_POLICIES,
        route_namespaces=admitted.namespaces,
        route_labels=admitted.labels,
    )
    return listener, is_open


def _admitted(stanza: Fields, home: str) -> _Admitted:
    kinds = [kind.string("kind", "") for kind in stanza.each("kinds") if _is_ours(kind)]
    namespaces = stanza.child("namespaces")
    origin = namespaces.one_of("from", ("Same", "All", "Selector", "None"), "Same")
    selector = namespaces.child("selector")
    chosen = labels(selector.string_map("matchLabels"))
    selector.unsupported("matchExpressions", effect="no routes attach to this listener")
    for kind in stanza.each("kinds"):
        _check_kind(kind)
    if stanza.has("kinds") and "HTTPRoute" not in kinds:
        return _NOBODY
    if origin == "Selector" and not selector:
        _tell_no_selector(namespaces)
    if origin == "Selector":
        usable = selector and not selector.has("matchExpressions")
        return _Admitted((EVERYWHERE,), chosen) if usable else _NOBODY
    return {"Same": _Admitted((home,)), "All": _Admitted((EVERYWHERE,))}.get(origin, _NOBODY)


def _check_kind(kind: Fields) -> None:
    name = kind.string("kind", "")
    if not _is_ours(kind) or name not in _ROUTES:
        kind.report(
            f"{dotted(kind.path)} names {name or 'no kind'}, which is not a valid kind of route",
            "no route of that kind attaches to this listener",
            f"Write one of {', '.join(_ROUTES)}, of the group gateway.networking.k8s.io",
            field="kind",
            severity=Severity.WARNING,
            code="unknown-value",
        )


def _tell_no_selector(namespaces: Fields) -> None:
    namespaces.report(
        f"{dotted(namespaces.path)} is from: Selector, but no selector is set",
        "no route attaches to this listener",
        "Set selector.matchLabels, or write from: Same or from: All",
        field="from",
        severity=Severity.WARNING,
        code="missing-field",
    )


def _is_ours(kind: Fields) -> bool:
    return kind.string("group", "gateway.networking.k8s.io") == "gateway.networking.k8s.io"


def _check_names(listeners: list[tuple[Fields, Listener]]) -> None:
    seen: set[str] = set()
    for item, (listener, _) in listeners:
        if listener is not None and listener.name in seen:
            item.report(
                f"the listener {listener.name} is defined twice",
                "routes that name it attach to both",
                "Rename one of them",
                field="name",
                code="duplicate-name",
            )
        seen.add(listener.name if listener else "")


def _tell_empty(spec: Fields) -> None:
    spec.report(
        "the gateway has no listeners",
        "no port is opened",
        "Add a listener: {name: http, port: 80, protocol: HTTP}",
        field="listeners",
        code="missing-field",
    )


def _tell_closed(item: Fields, protocol: str) -> None:
    item.report(
        f"{dotted((*item.path, 'protocol'))} is {protocol}, which gateways do not serve",
        "this listener is not opened",
        "Use HTTP or HTTPS",
        field="protocol",
        severity=Severity.WARNING,
        code="unsupported-field",
    )

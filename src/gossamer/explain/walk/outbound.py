"""A call from a pod with a sidecar: captured, and taken through its outbound listener."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.contract.listener_names import OUTBOUND, PortListener
from gossamer.explain.authorization.entering import Outsider, ruling_for_outsiders
from gossamer.explain.authorization.ruling import tell_ruling
from gossamer.explain.places import field_place, object_place
from gossamer.explain.report.explanation import Explanation, Verdict
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.steps import Steps
from gossamer.explain.resolve import Resolved, resolve
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.tokens.checked import tokens_at_gateway
from gossamer.explain.walk.call import Call
from gossamer.explain.walk.discovered import tell_discovered
from gossamer.explain.walk.early import as_routed, refused_header
from gossamer.explain.walk.filter_chain import HTTP, REQUESTS, TLS, IncomingConnection, find_chain
from gossamer.explain.walk.http_walk import Walk, walk_http
from gossamer.explain.walk.inspection import as_seen
from gossamer.explain.walk.tcp_walk import walk_tcp
from gossamer.explain.walk.unresolved import resolves_nowhere, said_of_unknown
from gossamer.explain.walk.upstream import Dialled
from gossamer.model.assembly.visible import settings_of
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod


def from_sidecar(mesh: Mesh, pod: Pod, call: Call) -> Explanation:
    """What the pod's own proxy does with the call."""
    steps = Steps()
    meant = resolve(mesh, call.host, pod.namespace)
    tell_name(mesh, meant, call, steps, pod.namespace)
    base = Explanation(str(call), Verdict.PASSTHROUGH)
    config = ProxyConfig(mesh, pod)
    walk = Walk(config, request_of(call), Dialled(meant.address, call.port), steps, base)
    if resolves_nowhere(meant):
        return walk.ends(Verdict.UNRESOLVED, None)
    if meant.address is not None and ip_address(meant.address).is_loopback:
        steps.hop("capture", "calls to the pod itself are not captured")
        return walk.ends(Verdict.PASSTHROUGH, None)
    name, listener = _listener(config, walk.dialled)
    alpn = REQUESTS if call.scheme in ("http", "ws") else ()
    connection = as_seen(listener, IncomingConnection(meant.address, call.port, alpn=alpn))
    return through_chain(walk, call, name, find_chain(listener, connection))


def _listener(config: ProxyConfig, dialled: Dialled) -> tuple[str, Listener]:
    """The listener that takes the connection: one at its address, one of its port, or the rest."""
    tcp, port = str(PortListener(dialled.port, tcp=True)), str(PortListener(dialled.port))
    for name in (tcp, port):
        listener = config.listener(name)
        if listener is not None and (name == port or dialled.address in _addresses(listener)):
            return name, listener
    rest = config.listener(OUTBOUND)
    assert rest is not None, "every sidecar has an outbound listener"
    return OUTBOUND, rest


def _addresses(listener: Listener) -> set[str]:
    every = (listener.address, *(each.address for each in listener.additional_addresses))
    return {each.socket_address.address for each in every}


def through_chain(walk: Walk, call: Call, listener: str, chain: FilterChain | None) -> Explanation:
    """Follow a connection into the chain that took it."""
    steps = walk.steps
    if chain is None:
        steps.hop("listener", f"no filter chain of {listener} matches the connection: it is closed")
        return walk.ends(Verdict.BLOCKED, None)
    ref = settings_of(walk.config.mesh).object
    settings = field_place(walk.config.mesh, ref, "data.mesh") if ref else None
    outside = chain.name == "outside"
    says = f"listener {listener}, filter chain {chain.name}"
    steps.hop("listener", says, settings if outside else None)
    walk = with_chain(walk, listener, chain.name)
    tell_discovered(walk.config, chain.filters, steps)
    http = next((each for each in chain.filters if each.name == HTTP), None)
    if http is None:
        return walk_tcp(walk, chain, call.scheme)
    if (call.scheme == "https" and not _ends_tls(chain)) or call.scheme == "tcp":
        steps.hop("http", "the proxy reads HTTP on this port and gets other bytes: it closes")
        return walk.ends(Verdict.BLOCKED, None)
    manager = http_connection_manager_pb2.HttpConnectionManager.FromString(http.typed_config.value)
    tell_discovered(walk.config, manager.http_filters, steps)
    refused = refused_header(manager, walk.request)
    if refused is not None:
        steps.hop("http", f"the name {refused} has an underscore: 400 (in HTTP/2 a reset stream)")
        return walk.ends(Verdict.BLOCKED, 400)
    request = as_routed(manager, walk.request)
    tokens = tokens_at_gateway(walk.config, manager.http_filters, request, steps)
    if tokens.status is not None:
        return walk.ends(Verdict.DENIED, tokens.status)
    if walk.port is not None:
        outsider = Outsider(walk.request, call.client, walk.port)
        ruling = ruling_for_outsiders(walk.config, chain, manager, outsider)
        tell_ruling(ruling, walk.config.pod.key, steps)
        if ruling.allowed is False:
            return walk.ends(Verdict.DENIED, ruling.status)
    walk = replace(walk, request=tokens.request)
    return walk_http(walk, manager.rds.route_config_name)


def with_chain(walk: Walk, listener: str, chain: str) -> Walk:
    """The walk, with the listener and chain in its result."""
    return replace(walk, base=replace(walk.base, listener=listener, chain=chain))


def _ends_tls(chain: FilterChain) -> bool:
    return bool(chain.filter_chain_match.transport_protocol == TLS)


def request_of(call: Call) -> ExplainedRequest:
    """The request as a proxy reads it."""
    forwarded = [value for name, value in call.headers if name == "x-forwarded-proto"]
    scheme = forwarded[-1] if forwarded and forwarded[-1] in ("http", "https") else "http"
    return ExplainedRequest(call.method, scheme, call.authority, call.path, call.headers)


def tell_name(mesh: Mesh, meant: Resolved, call: Call, steps: Steps, namespace: str) -> None:
    """The hop from a name to an address."""
    places = [object_place(mesh, ref) for ref in meant.because]
    if meant.address is None:
        steps.hop("name", said_of_unknown(mesh, meant, call.host, namespace), *places)
    elif meant.name != call.host:
        text = f"{call.host} is {meant.name} at {', '.join(meant.addresses[:4])}"
        steps.hop("name", text, *places)
    else:
        steps.hop("name", f"{call.host} at {', '.join(meant.addresses[:4])}", *places)

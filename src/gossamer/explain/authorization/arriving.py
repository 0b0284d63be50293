"""A call at the sidecar of the workload that it is meant for: who is let in there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_address

from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.contract.listener_names import INBOUND
from gossamer.explain.authorization.attributes import Address, CallAttributes
from gossamer.explain.authorization.caller import Caller
from gossamer.explain.authorization.request_tokens import judged_tokens
from gossamer.explain.authorization.ruling import FORBIDDEN, OPEN, Ruling, ruled, strictest
from gossamer.explain.authorization.truth import Unknown
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.route.request import ExplainedRequest
from gossamer.explain.walk.arrival import Transport
from gossamer.explain.walk.early import as_routed
from gossamer.explain.walk.filter_chain import HTTP, IncomingConnection, find_chain
from gossamer.explain.walk.inspection import as_seen
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod, ProxyRole

BY_PROXIES = frozenset(
    {
        "x-envoy-attempt-count",
        "x-envoy-expected-rq-timeout-ms",
        "x-envoy-internal",
        "x-forwarded-client-cert",
        "x-forwarded-proto",
        "x-request-id",
    }
)
"""Headers that proxies write on the way; nobody knows here what they will be."""

_CLIENTS = "x-forwarded-for"
_CLIENT = Unknown("the address of the gateway's client")


def ruling_at(
    mesh: Mesh,
    pod: Pod,
    destination: tuple[str, int],
    transport: Transport,
    call: CallAttributes,
) -> Ruling:
    """What the pod's authorization makes of a call that its proxy takes in that manner.

    `call` says who calls and what is asked; what a proxy does to a request first is done here.
    """
    config = ProxyConfig(mesh, pod)
    chain = taken_by(config, destination, transport)
    return OPEN if chain is None else ruling_through(config, chain, destination, transport, call)


def taken_by(
    config: ProxyConfig, destination: tuple[str, int], transport: Transport
) -> FilterChain | None:
    """The chain of a sidecar that takes a connection of that manner; None where there is none."""
    address, port = destination
    if config.pod.role is not ProxyRole.SIDECAR or not config.pod.captures(port):
        return None
    listener = config.listener(INBOUND)
    assert listener is not None, "every sidecar has an inbound listener"
    kind, name, alpn = transport.transport, transport.server_name, transport.alpn
    connection = IncomingConnection(address, port, kind, name, alpn)
    return find_chain(listener, as_seen(listener, connection))


def ruling_through(
    config: ProxyConfig,
    chain: FilterChain,
    destination: tuple[str, int],
    transport: Transport,
    call: CallAttributes,
) -> Ruling:
    """What the filters of a chain make of a call: those of its bytes, then those of its request."""
    address, port = destination
    seen = replace(call, port=port, destination_ip=address)
    if not transport.of_mesh:
        seen = replace(seen, peer=None)
    http = next((each for each in chain.filters if each.name == HTTP), None)
    connection = ruled(config, chain.filters, replace(seen, request=None))
    if http is None or call.request is None:
        return connection
    manager = http_connection_manager_pb2.HttpConnectionManager.FromString(http.typed_config.value)
    return strictest((connection, ruling_of_request(config, manager, seen, call.request)))


def ruling_of_request(
    config: ProxyConfig,
    manager: http_connection_manager_pb2.HttpConnectionManager,
    call: CallAttributes,
    request: ExplainedRequest,
) -> Ruling:
    """What the filters of an HTTP connection manager make of a request as it comes to it."""
    arrived = as_routed(manager, request)
    filters = manager.http_filters
    tokens, metadata = judged_tokens(config, filters, arrived, call.unknown)
    if tokens.status is not None:
        return Ruling(False, tokens.says, status=tokens.status)
    seen = replace(call, request=tokens.request, metadata=metadata)
    return replace(ruled(config, filters, seen), status=FORBIDDEN)


def attributes_of(
    caller: Caller, port: int, request: ExplainedRequest | None, unknown: Iterable[str] = ()
) -> CallAttributes:
    """A call of somebody as a sidecar sees it."""
    return CallAttributes(
        port=port,
        peer=caller.names,
        direct_ip=caller.address,
        remote_ip=_client(caller, request),
        server_name=Unknown("the server name of its TLS"),
        request=request,
        unknown=frozenset({*BY_PROXIES, *unknown}),
    )


def _client(caller: Caller, request: ExplainedRequest | None) -> Address:
    """The last address in X-Forwarded-For, which a sidecar believes; else the caller's own."""
    if caller.forwards:
        return _CLIENT
    forwarded = request.header(_CLIENTS) if request is not None else None
    last = re.split(r",", forwarded or "")[-1].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return caller.address

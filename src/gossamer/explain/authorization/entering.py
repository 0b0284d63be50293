"""A call from outside at a gateway: who is let in there, before any route is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address

from envoy.config.listener.v3.listener_components_pb2 import FilterChain
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import DownstreamTlsContext

from gossamer.explain.authorization.arriving import ruling_of_request
from gossamer.explain.authorization.attributes import Address, CallAttributes
from gossamer.explain.authorization.caller import NO_SUBJECT
from gossamer.explain.authorization.ruling import Ruling, ruled, strictest
from gossamer.explain.authorization.truth import Unknown
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.route.request import ExplainedRequest

_CLIENT = Unknown("the address of the client (--client-ip)")
_CERTIFICATE = Unknown("the certificate of the client")
_WRITTEN = frozenset({"x-request-id", "x-forwarded-proto", "x-forwarded-client-cert"})
_FORWARDED = "x-forwarded-for"
_DOOR = ""
"""Where a lab's edge comes from: a Unix socket, which has no IP address."""


@dataclass(frozen=True, slots=True)
class Outsider:
    """A request from outside, its client's address ("" is not known), the port it arrives at, and
    the headers of which nothing is known."""

    request: ExplainedRequest
    client: str
    port: int
    unknown: frozenset[str] = frozenset()


def ruling_for_outsiders(
    config: ProxyConfig,
    chain: FilterChain,
    manager: http_connection_manager_pb2.HttpConnectionManager,
    outsider: Outsider,
) -> Ruling:
    """What the gateway's authorization makes of a client's request."""
    call = _attributes(config, chain, manager, outsider)
    connection = ruled(config, chain.filters, replace(call, request=None))
    return strictest((connection, ruling_of_request(config, manager, call, outsider.request)))


def _attributes(
    config: ProxyConfig,
    chain: FilterChain,
    manager: http_connection_manager_pb2.HttpConnectionManager,
    outsider: Outsider,
) -> CallAttributes:
    address: Address = outsider.client or _CLIENT
    pod, request = config.pod, outsider.request
    return CallAttributes(
        port=outsider.port,
        peer=_names(chain),
        direct_ip=_DOOR if pod.doors else address,
        remote_ip=_client(manager, request, address),
        destination_ip=pod.addresses[0] if pod.addresses else Unknown("the gateway's address"),
        server_name=Unknown("the server name of its TLS"),
        request=request,
        unknown=_WRITTEN | outsider.unknown,
    )


def _names(chain: FilterChain) -> tuple[str, ...] | Unknown | None:
    """The names of the client's certificate: none over TLS that asks for no certificate."""
    if not chain.HasField("transport_socket"):
        return None
    tls = DownstreamTlsContext.FromString(chain.transport_socket.typed_config.value)
    return _CERTIFICATE if tls.require_client_certificate.value else (NO_SUBJECT,)


def _client(
    manager: http_connection_manager_pb2.HttpConnectionManager,
    request: ExplainedRequest,
    address: Address,
) -> Address:
    """The client as the gateway takes it: who connects, unless proxies in front are trusted.

    The address of who connects is the last of X-Forwarded-For, and each trusted one is skipped.
    """
    skipped = max(manager.xff_num_trusted_hops - 1, 0)
    forwarded = (request.header(_FORWARDED) or "").split(",")
    if not skipped or len(forwarded) < skipped:
        return address
    try:
        return str(ip_address(forwarded[-skipped].strip()))
    except ValueError:
        return address

"""A sidecar's inbound listener: everything that calls its workload.

It looks at first bytes no more than it must. Where a port takes no mesh TLS it is not looked for,
so that a server which speaks first is heard at once; where it takes both, a caller that keeps
silent is taken for one that waits for the server (MySQL, SMTP). It looks for HTTP where a port's
protocol is not declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from envoy.config.listener.v3.listener_components_pb2 import ListenerFilterChainMatchPredicate
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import InboundView
from gossamer.compile.listeners.filter_chains import own_port_closed, sidecar_listener
from gossamer.compile.listeners.inbound_chains import Port, chains_of
from gossamer.compile.listeners.inspectors import (
    add_http_inspector,
    add_original_dst,
    add_tls_inspector,
    on_others,
    on_ports,
)
from gossamer.compile.lookup.inbound_ports import served_ports
from gossamer.compile.lookup.workload_policies import policies_of
from gossamer.compile.protos import set_duration
from gossamer.compile.side import Direction, Side
from gossamer.compile.tls.mtls import mtls_mode, spoken_ports
from gossamer.compile.tls.plaintext_counts import refused_connections
from gossamer.contract.listener_names import INBOUND
from gossamer.contract.ports import INBOUND_PORT
from gossamer.model.policies.workload.mtls import MtlsMode

FIRST_BYTES = timedelta(seconds=5)
"""How long a caller of a workload that serves requests alone may keep silent."""

SERVER_FIRST = timedelta(milliseconds=50)
"""The same where somebody may wait for the server: each of their connections waits so long."""


def inbound_listener(read: TrackedLookup, view: InboundView) -> Listener:
    """The listener that captured arrivals come to."""
    listener = sidecar_listener(INBOUND, INBOUND_PORT, "INBOUND")
    listener.access_log.append(refused_connections())
    ports = tuple(_ports(read, view))
    add_original_dst(listener)
    add_tls_inspector(listener, _without_mesh_tls(ports))
    undeclared = [port.number for port in ports if port.number and port.looks_for_http]
    if undeclared:
        add_http_inspector(listener, on_others(undeclared))
    set_duration(listener.listener_filters_timeout, _patience(ports))
    listener.continue_on_listener_filters_timeout = True
    listener.filter_chains.append(
        own_port_closed(read, Side(Direction.INBOUND, view, INBOUND_PORT))
    )
    for port in ports:
        listener.filter_chains.extend(chains_of(read, port))
    return listener


def _ports(read: TrackedLookup, view: InboundView) -> Iterator[Port]:
    """The ports that services lead to or policies speak of, and all others as one."""
    policies = policies_of(read, view.namespace, view.labels)
    served = served_ports(read, view)
    for number in sorted({*served, *spoken_ports(policies)} - {INBOUND_PORT}):
        mode = mtls_mode(read, policies, number)
        yield Port(number, mode, view, served.get(number))
    yield Port(None, mtls_mode(read, policies, None), view)


def _without_mesh_tls(ports: Iterable[Port]) -> ListenerFilterChainMatchPredicate | None:
    """Where TLS need not be looked for; None where it is looked for everywhere."""
    *known, others = ports
    plain = [port.number for port in known if port.number and port.mode is MtlsMode.DISABLE]
    if others.mode is MtlsMode.DISABLE:
        return on_others({port.number for port in known if port.number} - set(plain))
    return on_ports(plain) if plain else None


def _patience(ports: Iterable[Port]) -> timedelta:
    """Short if somebody may wait for the server, in plaintext on a port of bytes.

    It holds for the whole listener. So ports that no policy names do not make a workload hasty
    that is known for requests: a mesh caller under load may be late with its first bytes.
    """
    *known, others = ports
    asked = [port for port in known if port.served]
    waiting = any(port.may_wait for port in asked) or (others.may_wait and not asked)
    return SERVER_FIRST if waiting else FIRST_BYTES

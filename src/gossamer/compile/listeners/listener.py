"""Listeners by name: `outbound`, `outbound|PORT`, `inbound` and `gateway|PORT`."""

from __future__ import annotations

from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import GatewayView, InboundView, OutboundView
from gossamer.compile.listeners.gateway import gateway_listener
from gossamer.compile.listeners.inbound import inbound_listener
from gossamer.compile.listeners.outbound import outbound_listener
from gossamer.compile.listeners.undeclared import undeclared_listener
from gossamer.contract.listener_names import INBOUND, OUTBOUND, parse_gateway_listener


def build_listener(
    read: TrackedLookup, view: OutboundView | InboundView | GatewayView, name: str
) -> Listener | None:
    """The listener of that name, for the side of a proxy that has one."""
    match view:
        case OutboundView() if name == OUTBOUND:
            return outbound_listener(read, view)
        case OutboundView():
            return undeclared_listener(read, view, name)
        case InboundView() if name == INBOUND:
            return inbound_listener(read, view)
        case GatewayView():
            port = parse_gateway_listener(name)
            return gateway_listener(read, view, port) if port else None
    return None

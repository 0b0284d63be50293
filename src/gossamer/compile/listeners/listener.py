"""Listeners by name: `outbound`, `outbound|PORT`, `inbound` and `gateway|PORT`."""

from __future__ import annotations

from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.listeners.gateway import gateway_listener
from gossamer.compile.listeners.inbound import NAME as INBOUND
from gossamer.compile.listeners.inbound import inbound_listener
from gossamer.compile.listeners.outbound import NAME as OUTBOUND
from gossamer.compile.listeners.outbound import outbound_listener
from gossamer.compile.listeners.undeclared import undeclared_listener
from gossamer.compile.reads import Reader
from gossamer.compile.views import Front, Inbound, Outbound


def build_listener(read: Reader, view: Outbound | Inbound | Front, name: str) -> Listener | None:
    """The listener of that name, for the side of a proxy that has one."""
    match view:
        case Outbound() if name == OUTBOUND:
            return outbound_listener(read, view)
        case Outbound():
            return undeclared_listener(read, view, name)
        case Inbound() if name == INBOUND:
            return inbound_listener(read, view)
        case Front() if name.startswith("gateway|"):
            return gateway_listener(read, view, name)
    return None

"""Protocols by the words that people use for them: appProtocol, port names, Istio's protocol."""

from __future__ import annotations

from gossamer.model.traffic.service import Protocol

PROTOCOLS = {
    "http": Protocol.HTTP,
    "grpc-web": Protocol.HTTP,
    "ws": Protocol.HTTP,
    "kubernetes.io/ws": Protocol.HTTP,
    "http2": Protocol.HTTP2,
    "h2c": Protocol.HTTP2,
    "kubernetes.io/h2c": Protocol.HTTP2,
    "grpc": Protocol.GRPC,
    "https": Protocol.HTTPS,
    "wss": Protocol.HTTPS,
    "kubernetes.io/wss": Protocol.HTTPS,
    "tls": Protocol.TLS,
    "tcp": Protocol.TCP,
    "mongo": Protocol.TCP,
    "mysql": Protocol.TCP,
    "redis": Protocol.TCP,
    "udp": Protocol.UDP,
}


def protocol_of(name: str) -> Protocol | None:
    """The protocol that a word names, in any case."""
    return PROTOCOLS.get(name.lower())


_SERVER_FIRST = (25, 53, 3306, 27017)
"""SMTP, DNS, MySQL and MongoDB are bytes where nothing is declared, as in Istio."""


def protocol_of_port(number: int) -> Protocol:
    """What a port is taken for that neither its name nor anything else declares."""
    return Protocol.TCP if number in _SERVER_FIRST else Protocol.UNDECLARED


def protocol_of_name(name: str) -> Protocol | None:
    """The protocol that a port's name begins with: `http`, `grpc-web`, `http2-admin`."""
    lowered = name.lower()
    if lowered.startswith("grpc-web"):
        return Protocol.HTTP
    return PROTOCOLS.get(lowered.partition("-")[0])

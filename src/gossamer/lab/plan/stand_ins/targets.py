"""From names to calls: which Services a stand-in calls, on which port, by which protocol.

Only what is a Service of this lab's documents is called, by its whole name: never the internet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gossamer.lab.plan.stand_ins.mentions import Mention, in_text
from gossamer.lab.plan.stand_ins.services import KnownPort, KnownService, ServiceTable
from gossamer.model.traffic.service import Protocol

MOST_CALLS = 64
_SCHEME_PORTS = {
    "http": 80,
    "https": 443,
    "redis": 6379,
    "postgres": 5432,
    "postgresql": 5432,
    "mysql": 3306,
    "mongodb": 27017,
    "amqp": 5672,
    "nats": 4222,
}
_SCHEMES = {"http": "http", "ws": "http", "grpc": "grpc", "h2c": "grpc", "redis": "redis"}
_NUMBERS = {
    **dict.fromkeys((25, 1025, 1433, 1521, 2181, 4222, 5432, 5672, 9042, 9092, 11211), "tcp"),
    **dict.fromkeys((4317, 50051), "grpc"),
    6379: "redis",
}
_DECLARED = {
    Protocol.HTTP: "http",
    Protocol.HTTP2: "http",
    Protocol.GRPC: "grpc",
    Protocol.UDP: "udp",
}
_TLS = (Protocol.HTTPS, Protocol.TLS)


@dataclass(frozen=True, slots=True)
class Calls:
    """URLs to call, each with where it is named; and names that are not called, with the reason."""

    called: tuple[tuple[str, str], ...] = ()
    not_called: tuple[tuple[str, str], ...] = ()


def calls(
    mentions: Iterable[Mention],
    table: ServiceTable,
    namespace: str,
    own: Iterable[KnownService] = (),
) -> Calls:
    """The calls of one pod; those to Services that it is behind itself (`own`) are left out."""
    behind = {service.host for service in own}
    called: dict[tuple[str, int], tuple[str, str]] = {}
    refused: dict[str, str] = {}
    for mention in mentions:
        named = table.find(mention.host, namespace)
        if named is None or named.service.host in behind:
            continue
        port, reason = _port(mention, named.service)
        if port is None:
            if mention.sure:
                refused.setdefault(f"{named.host}:{mention.port or ''}".rstrip(":"), reason)
        elif len(called) < MOST_CALLS:
            scheme = _scheme(mention, port)
            path = mention.path if scheme == "http" else ""
            url = f"{scheme}://{named.host}:{port.number}{path}"
            called.setdefault((named.host, port.number), (url, mention.why))
    return Calls(tuple(called.values()), tuple(refused.items()))


def _port(mention: Mention, service: KnownService) -> tuple[KnownPort | None, str]:
    number = mention.port or _SCHEME_PORTS.get(mention.scheme)
    port = service.port(number) if number else None
    if port is None and mention.port is None:
        port = next((p for p in service.ports if p.protocol not in (*_TLS, Protocol.UDP)), None)
    if port is None:
        have = ", ".join(str(each.number) for each in service.ports) or "none"
        return None, f"Service {service.name} has no port {number or ''}; its ports: {have}"
    if port.protocol in _TLS or mention.scheme in ("https", "grpcs", "rediss", "amqps"):
        return None, f"port {port.number} is declared to speak TLS, which a stand-in does not"
    return port, ""


def _scheme(mention: Mention, port: KnownPort) -> str:
    """By the name's own scheme, then what the port is declared to speak, then its number."""
    number = _NUMBERS.get(port.number, "")
    if mention.scheme in _SCHEMES and port.protocol is not Protocol.UDP:
        is_rpc = port.protocol is Protocol.GRPC or number == "grpc"
        return "grpc" if is_rpc else _SCHEMES[mention.scheme]
    if port.protocol in _DECLARED:
        return _DECLARED[port.protocol]
    if port.name.startswith("redis") or number == "redis":
        return "redis"
    if mention.scheme or port.protocol is Protocol.TCP:
        return "tcp"
    return number or "http"


def named_in(texts: Iterable[str]) -> Iterator[Mention]:
    """The mentions of lab.yaml's `calls`: URL, `host:port` or a bare name."""
    for text in texts:
        written = list(in_text(text, "lab.yaml"))
        yield from written or [Mention(text, why="lab.yaml")]

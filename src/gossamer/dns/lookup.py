"""Asking the host's resolvers for the addresses of one name, for those who are no resolver."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from dnslib import QTYPE, DNSRecord

from gossamer.contract.addresses import split_port
from gossamer.dns.forward import Forwarder, NoAnswer, Upstream, datagram, read_upstreams
from gossamer.dns.wire import MALFORMED

RESOLVERS = "GOSSAMER_RESOLVERS"
"""Names resolvers to ask instead of the host's own: `IP:PORT`s with spaces between."""


def endpoint(text: str) -> Upstream:
    """`IP:PORT`, `[IP]:PORT` or an address alone (port 53)."""
    host, mark, _ = text.rpartition(":")
    if not mark or (":" in host and not host.endswith("]")):
        return text.strip("[]"), 53
    return split_port(text)


def upstreams(configured: str, resolv_conf: Path) -> tuple[Upstream, ...]:
    """The resolvers that a setting names, else those of a resolv.conf."""
    return tuple(map(endpoint, configured.split())) or read_upstreams(resolv_conf)


async def addresses(forwarder: Forwarder, name: str) -> tuple[str, ...]:
    """The IPv4 addresses of a name, in order; none where no server answers or knows it."""
    try:
        raw = await forwarder.ask(DNSRecord.question(name, "A").pack(), datagram, name)
        records = DNSRecord.parse(raw).rr
    except (NoAnswer, *MALFORMED):
        return ()
    return tuple(sorted(str(each.rdata) for each in records if each.rtype == QTYPE.A))


def by_host(configured: str, resolv_conf: Path) -> Callable[[str], Awaitable[tuple[str, ...]]]:
    """What looks names up as this host does at that moment: laptops change networks."""
    forwarder = Forwarder(())

    async def look_up(name: str) -> tuple[str, ...]:
        forwarder.upstreams = upstreams(configured, resolv_conf)
        return await addresses(forwarder, name)

    return look_up

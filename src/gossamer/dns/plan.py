"""What a name means, decided from a table of the mesh's names and a question. Pure.

Three rules shape it. A name of the cluster's domain is never forwarded: the host's resolver
cannot know it and may take seconds to say so. A name that exists without the asked kind of
address is NODATA, never NXDOMAIN: libc would otherwise give up on a v4-only service because
its AAAA "does not exist". And before the first table nothing is denied, because denials are
remembered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

SCHEMA = 1
CLUSTER_DOMAIN = "cluster.local"
MOST_ALIASES = 16
"""Aliases of aliases that are followed, as resolvers do."""

Address = IPv4Address | IPv6Address


class LookupOutcome(Enum):
    """What becomes of a question."""

    FOUND = "found"
    NODATA = "the name exists, this kind of record does not"
    NXDOMAIN = "the name does not exist"
    FORWARD = "the host's resolvers know"
    UNREADY = "the table was never read"


@dataclass(frozen=True, slots=True)
class DnsService:
    """One SRV record's end: a name and a port."""

    target: str
    port: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome, with the records if something was found.

    `chain` are the names that the asked one is an alias of, in order; the outcome and the
    records are those of the last.
    """

    outcome: LookupOutcome
    records: tuple[Address | DnsService, ...] = ()
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsTable:
    """The mesh's names, lower-case, without final dots.

    `wildcards` holds `foo` for the entry `*.foo`; `aliases` what a name is another name for;
    `branches` every name that has names below.
    """

    addresses: Mapping[str, tuple[Address, ...]]
    wildcards: Mapping[str, tuple[Address, ...]] = field(default_factory=dict)
    services: Mapping[str, tuple[DnsService, ...]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    branches: frozenset[str] = frozenset()


class BadTable(Exception):
    """A table that cannot be read; the text says where it is wrong."""


def read_table(text: str | bytes) -> DnsTable:
    """The table in `{"version": 1, "names": {FQDN: [address…]}, "services", "aliases"}`.

    Entries may be `*.foo`; `services` (optional) maps `_port._proto.FQDN` to
    `[{"target", "port"}…]`, `aliases` (optional) a name to the one it stands for.
    Raises BadTable.
    """
    try:
        held = json.loads(text)
        if held["version"] != SCHEMA:
            raise ValueError(f"its version is {held['version']!r}, not {SCHEMA}")
        names = {_plain(name): _addresses(given) for name, given in held["names"].items()}
        services = {_plain(n): _services(given) for n, given in held.get("services", {}).items()}
        aliases = {_plain(n): _plain(target) for n, target in held.get("aliases", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadTable(f"The table of names cannot be read: {error!r}") from error
    exact = {name: given for name, given in names.items() if not name.startswith("*.")}
    wild = {name[2:]: given for name, given in names.items() if name.startswith("*.")}
    branches = frozenset(up for name in (*exact, *wild, *services, *aliases) for up in _above(name))
    return DnsTable(exact, wild, services, aliases, branches | set(wild))


def within(table: DnsTable | None, domain: str = CLUSTER_DOMAIN) -> DnsTable | None:
    """The cluster's own names alone: what a proxy is told, which itself stands behind the
    virtual addresses of all others and must call where those really are."""
    if table is None:
        return None

    def ours(name: str) -> bool:
        return name == domain or name.endswith("." + domain)

    return DnsTable(
        {name: given for name, given in table.addresses.items() if ours(name)},
        {name: given for name, given in table.wildcards.items() if ours(name)},
        {name: given for name, given in table.services.items() if ours(name)},
        {name: target for name, target in table.aliases.items() if ours(name)},
        frozenset(filter(ours, table.branches)),
    )


def decide(table: DnsTable | None, name: str, kind: str, domain: str = CLUSTER_DOMAIN) -> Answer:
    """What to say about `name` (any case, final dot or not) asked for records of `kind`."""
    name = _plain(name)
    if kind == "PTR":
        return Answer(_reverse(name))
    ours = name == domain or name.endswith("." + domain)
    if table is None:
        return Answer(LookupOutcome.UNREADY if ours else LookupOutcome.FORWARD)
    if name in table.aliases:
        return _followed(table, name, kind, domain)
    if kind == "SRV" and name in table.services:
        return Answer(LookupOutcome.FOUND, table.services[name])
    known = _known(table, name)
    if known is not None:
        return _of_kind(known, kind, ours)
    if not ours:
        return Answer(LookupOutcome.FORWARD)
    exists = name == domain or name in table.branches or name in table.services
    return Answer(LookupOutcome.NODATA if exists else LookupOutcome.NXDOMAIN)


def _followed(table: DnsTable, name: str, kind: str, domain: str) -> Answer:
    """An alias leads to its end; one that leads in a circle, or on and on, leads nowhere."""
    chain: list[str] = []
    while (target := table.aliases.get(name)) and len(chain) < MOST_ALIASES:
        chain.append(target)
        name = target
    if kind == "CNAME":
        return Answer(LookupOutcome.FOUND, chain=tuple(chain[:1]))
    if name in table.aliases:
        return Answer(LookupOutcome.NODATA)
    return replace(decide(table, name, kind, domain), chain=tuple(chain))


def _known(table: DnsTable, name: str) -> tuple[Address, ...] | None:
    """The addresses of a name, its own or those of its closest wildcard."""
    if name in table.addresses:
        return table.addresses[name]
    return next((table.wildcards[up] for up in _above(name) if up in table.wildcards), None)


def _of_kind(known: tuple[Address, ...], kind: str, ours: bool) -> Answer:
    if kind in ("A", "AAAA", "ANY"):
        version = {"A": 4, "AAAA": 6}.get(kind)
        fitting = tuple(a for a in known if version in (None, a.version))
        return Answer(LookupOutcome.FOUND, fitting) if fitting else Answer(LookupOutcome.NODATA)
    # An HTTPS record from outside could carry addresses that lead around the mesh.
    if ours or kind in ("HTTPS", "SVCB"):
        return Answer(LookupOutcome.NODATA)
    return Answer(LookupOutcome.FORWARD)


def _reverse(name: str) -> LookupOutcome:
    """Private addresses have no names outside; asking there only costs time."""
    address = _reversed_address(name)
    if address is None or address.is_private or address.is_reserved:
        return LookupOutcome.NXDOMAIN
    return LookupOutcome.FORWARD


def _reversed_address(name: str) -> Address | None:
    labels = name.split(".")[::-1]
    try:
        if name.endswith(".in-addr.arpa"):
            return IPv4Address(".".join(labels[2:]))
        if name.endswith(".ip6.arpa"):
            return IPv6Address(int("".join(labels[2:]).ljust(32, "0"), 16))
    except ValueError:
        return None
    return None


def _above(name: str) -> Iterator[str]:
    while "." in name:
        name = name.partition(".")[2]
        yield name


def _plain(name: str) -> str:
    return name.lower().rstrip(".")


def _addresses(given: list[Any]) -> tuple[Address, ...]:
    return tuple(ip_address(text) for text in given)


def _services(given: list[Any]) -> tuple[DnsService, ...]:
    return tuple(DnsService(_plain(each["target"]), int(each["port"])) for each in given)

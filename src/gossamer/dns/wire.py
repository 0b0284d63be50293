"""DNS messages in bytes: questions read, answers written, through dnslib. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from dnslib import AAAA, CNAME, EDNS0, QTYPE, RCODE, RR, SOA, SRV, A, DNSError, DNSRecord

from gossamer.dns.plan import Address, Answer, Outcome, Service

TTL = 5
"""Seconds an answer may be kept: long enough for a burst, short enough for a rollout."""

PLAIN_LIMIT = 512
LARGEST_DATAGRAM = 1232
"""The payload that crosses any network unfragmented (DNS flag day 2020)."""

_CODES = {
    Outcome.FOUND: RCODE.NOERROR,
    Outcome.NODATA: RCODE.NOERROR,
    Outcome.NXDOMAIN: RCODE.NXDOMAIN,
    Outcome.UNREADY: RCODE.SERVFAIL,
}


@dataclass(frozen=True, slots=True)
class Query:
    """One question as it came: its name and kind, its bytes, how much its asker can take."""

    name: str
    kind: str
    raw: bytes
    limit: int
    record: Any

    @property
    def id(self) -> int:
        """The number by which the asker knows its answer."""
        return int.from_bytes(self.raw[:2], "big")


def read_query(raw: bytes) -> Query | None:
    """The question in `raw`, or None if it is no query with exactly one question."""
    try:
        record = DNSRecord.parse(raw)
        if record.header.qr or len(record.questions) != 1:
            return None
        name = str(record.q.qname)
    except (DNSError, UnicodeError, ValueError, IndexError):
        return None
    options = [extra for extra in record.ar if extra.rtype == QTYPE.OPT]
    offered = options[0].rclass if options else PLAIN_LIMIT
    limit = max(PLAIN_LIMIT, min(offered, LARGEST_DATAGRAM))
    return Query(name, str(QTYPE.get(record.q.qtype)), raw, limit, record)


def write_answer(query: Query, answer: Answer, domain: str, turn: int = 0) -> bytes:
    """The whole reply; `turn` rotates the records, so that clients spread over them."""
    reply = _reply(query, _CODES[answer.outcome])
    owner = _add_aliases(reply, query, answer.chain)
    first = turn % max(1, len(answer.records))
    for record in answer.records[first:] + answer.records[:first]:
        reply.add_answer(_record(owner, record))
    if answer.outcome in (Outcome.NODATA, Outcome.NXDOMAIN):
        ours = query.name.lower().rstrip(".").endswith(domain)
        reply.add_auth(_start_of_authority(domain if ours else query.name.rstrip(".")))
    return bytes(reply.pack())


def ask_instead(query: Query, name: str) -> bytes:
    """The same question about another name, to be passed on."""
    asked = DNSRecord.question(name, query.kind)
    asked.header.id = query.id
    return bytes(asked.pack())


def splice(query: Query, chain: tuple[str, ...], told: bytes) -> bytes:
    """The answer to an alias whose end somebody else resolved: the aliases, then what was told.

    DNSError if what was told is no DNS message.
    """
    end = DNSRecord.parse(told)
    reply = _reply(query, end.header.rcode)
    _add_aliases(reply, query, chain)
    reply.add_answer(*end.rr)
    return bytes(reply.pack())


def write_failure(query: Query) -> bytes:
    """SERVFAIL: the asker may try elsewhere or later, and knows at once."""
    return bytes(_reply(query, RCODE.SERVFAIL).pack())


def fitted(query: Query, reply: bytes) -> bytes:
    """The reply if it fits a datagram to this asker, else an empty one that says: use TCP."""
    if len(reply) <= query.limit:
        return reply
    short = _reply(query, RCODE.NOERROR)
    short.header.tc = 1
    return bytes(short.pack())


def _reply(query: Query, code: int) -> Any:
    reply = query.record.reply(ra=1, aa=1)
    reply.header.rcode = code
    if any(extra.rtype == QTYPE.OPT for extra in query.record.ar):
        reply.add_ar(EDNS0(udp_len=LARGEST_DATAGRAM))
    return reply


def _add_aliases(reply: Any, query: Query, chain: tuple[str, ...]) -> Any:
    """Write each step as a CNAME; the name at the end."""
    owner = query.record.q.qname
    for target in chain:
        reply.add_answer(RR(owner, QTYPE.CNAME, ttl=TTL, rdata=CNAME(target)))
        owner = target
    return owner


def _record(name: Any, record: Address | Service) -> Any:
    if isinstance(record, Service):
        return RR(name, QTYPE.SRV, ttl=TTL, rdata=SRV(0, 100, record.port, record.target))
    if isinstance(record, IPv4Address):
        return RR(name, QTYPE.A, ttl=TTL, rdata=A(str(record)))
    return RR(name, QTYPE.AAAA, ttl=TTL, rdata=AAAA(str(record)))


def _start_of_authority(domain: str) -> Any:
    """Tells resolvers how briefly to remember that something is not there (RFC 2308)."""
    times = (1, 3600, 600, 86400, TTL)
    return RR(domain, QTYPE.SOA, ttl=TTL, rdata=SOA(f"ns.{domain}", f"mesh.{domain}", times))

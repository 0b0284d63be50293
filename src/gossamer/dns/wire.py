"""DNS messages in bytes: questions read, answers written, through dnslib. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from dnslib import AAAA, CNAME, EDNS0, QTYPE, RCODE, RR, SOA, SRV, A, DNSError, DNSRecord
from dnslib.label import DNSLabelError

from gossamer.dns.plan import Address, Answer, DnsService, LookupOutcome

TTL = 5
"""Seconds an answer may be kept: long enough for a burst, short enough for a rollout."""

LONGEST_QUERY = 4096
"""Bytes of a query: one question and its options take a few hundred."""

LONGEST_NAME = 255
MALFORMED = (DNSError, DNSLabelError, UnicodeError, ValueError, IndexError, RecursionError)
"""What the library says of bytes that are no message, and of names that fit into none."""

PLAIN_LIMIT = 512
LARGEST_DATAGRAM = 1232
"""The payload that crosses any network unfragmented (DNS flag day 2020)."""

_CODES = {
    LookupOutcome.FOUND: RCODE.NOERROR,
    LookupOutcome.NODATA: RCODE.NOERROR,
    LookupOutcome.NXDOMAIN: RCODE.NXDOMAIN,
    LookupOutcome.UNREADY: RCODE.SERVFAIL,
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
    """The question in `raw`, or None if it is not a query with exactly one question."""
    if not _has_one_question(raw):
        return None
    try:
        record = DNSRecord.parse(raw)
        name = str(record.q.qname)
    except MALFORMED:
        return None
    options = [extra for extra in record.ar if extra.rtype == QTYPE.OPT]
    offered = options[0].rclass if options else PLAIN_LIMIT
    limit = max(PLAIN_LIMIT, min(offered, LARGEST_DATAGRAM))
    return Query(name, str(QTYPE.get(record.q.qtype)), raw, limit, record)


def _has_one_question(raw: bytes) -> bool:
    """Looked at before anything is built: thousands of records cost their sender six bytes each,
    and a pointer in the question's name has nothing to point at."""
    if not 12 < len(raw) <= LONGEST_QUERY or raw[2] & 0xF8 or raw[4:10] != b"\0\1\0\0\0\0":
        return False
    end = 12
    while end < len(raw) and 0 < raw[end] < 64:
        end += 1 + raw[end]
    return end < len(raw) and raw[end] == 0 and end - 11 <= LONGEST_NAME


def refuse(raw: bytes) -> bytes | None:
    """FORMERR for what is not a query; None for what asks for no reply, lest two answer each
    other for ever."""
    if len(raw) < 12 or raw[2] & 0x80:
        return None
    return raw[:2] + bytes((0x80 | raw[2] & 0x79, RCODE.FORMERR)) + bytes(8)


def write_answer(query: Query, answer: Answer, domain: str, turn: int = 0) -> bytes:
    """The whole reply; `turn` rotates the records, so that clients spread over them.

    SERVFAIL where a name in it fits into no message.
    """
    try:
        return _written(query, answer, domain, turn)
    except MALFORMED:
        return write_failure(query)


def _written(query: Query, answer: Answer, domain: str, turn: int) -> bytes:
    reply = _reply(query, _CODES[answer.outcome])
    owner = _add_aliases(reply, query, answer.chain)
    first = turn % max(1, len(answer.records))
    for record in answer.records[first:] + answer.records[:first]:
        reply.add_answer(_record(owner, record))
    if answer.outcome in (LookupOutcome.NODATA, LookupOutcome.NXDOMAIN):
        ours = query.name.lower().rstrip(".").endswith(domain)
        reply.add_auth(_start_of_authority(domain if ours else query.record.q.qname, domain))
    return bytes(reply.pack())


def ask_instead(query: Query, name: str) -> bytes:
    """The same question about another name, to be passed on."""
    asked = DNSRecord.question(name, query.kind)
    asked.header.id = query.id
    return bytes(asked.pack())


def splice(query: Query, chain: tuple[str, ...], answer: bytes) -> bytes:
    """The answer to an alias whose end somebody else resolved: the aliases, then what was told.

    One of MALFORMED if what was told is not a DNS message.
    """
    end = DNSRecord.parse(answer)
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


def _record(name: Any, record: Address | DnsService) -> Any:
    if isinstance(record, DnsService):
        return RR(name, QTYPE.SRV, ttl=TTL, rdata=SRV(0, 100, record.port, record.target))
    if isinstance(record, IPv4Address):
        return RR(name, QTYPE.A, ttl=TTL, rdata=A(str(record)))
    return RR(name, QTYPE.AAAA, ttl=TTL, rdata=AAAA(str(record)))


def _start_of_authority(zone: Any, domain: str) -> Any:
    """Tells resolvers how briefly to remember that something is not there (RFC 2308)."""
    times = (1, 3600, 600, 86400, TTL)
    return RR(zone, QTYPE.SOA, ttl=TTL, rdata=SOA(f"ns.{domain}", f"mesh.{domain}", times))

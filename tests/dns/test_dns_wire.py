"""Messages in bytes, as clients read them."""

from __future__ import annotations

from ipaddress import ip_address

from dnslib import EDNS0, DNSRecord
from hypothesis import given, strategies

from gossamer.dns.plan import Answer, DnsService, LookupOutcome
from gossamer.dns.wire import Query, fitted, read_query, write_answer, write_failure

DOMAIN = "cluster.local"
WEB = "web.shop.svc.cluster.local"


def query(name: str = WEB, kind: str = "A", *, edns: int = 0) -> Query:
    record = DNSRecord.question(name, kind)
    if edns:
        record.add_ar(EDNS0(udp_len=edns))
    read = read_query(record.pack())
    assert read is not None
    return read


def addresses(count: int) -> Answer:
    given_ = tuple(ip_address(f"10.244.{n // 250}.{n % 250 + 1}") for n in range(count))
    return Answer(LookupOutcome.FOUND, given_)


def test_an_answer_repeats_its_question() -> None:
    """Id, question and its spelling come back: clients check them against forgery."""
    asked = query("WeB.Shop.svc.cluster.local")
    reply = DNSRecord.parse(write_answer(asked, addresses(1), DOMAIN))
    assert reply.header.id == asked.id
    assert str(reply.q.qname) == "WeB.Shop.svc.cluster.local."
    assert (str(reply.rr[0].rdata), reply.rr[0].ttl) == ("10.244.0.1", 5)


def test_answers_take_turns() -> None:
    """Clients that use the first address spread over all of them."""
    turns = [DNSRecord.parse(write_answer(query(), addresses(3), DOMAIN, n)) for n in range(4)]
    firsts = [str(reply.rr[0].rdata) for reply in turns]
    assert firsts == ["10.244.0.1", "10.244.0.2", "10.244.0.3", "10.244.0.1"]
    assert all(len(reply.rr) == 3 for reply in turns)


def test_denials_say_how_long_they_hold() -> None:
    """NXDOMAIN and NODATA carry an SOA of five seconds, so a new name is found soon."""
    for outcome, code in ((LookupOutcome.NXDOMAIN, 3), (LookupOutcome.NODATA, 0)):
        reply = DNSRecord.parse(write_answer(query(), Answer(outcome), DOMAIN))
        assert (reply.header.rcode, len(reply.rr), reply.auth[0].ttl) == (code, 0, 5)
    external = query("api.example.com", "AAAA")
    reply = DNSRecord.parse(write_answer(external, Answer(LookupOutcome.NODATA), DOMAIN))
    assert str(reply.auth[0].rname) == "api.example.com."


def test_services_and_v6_are_written() -> None:
    """SRV and AAAA records read back as they were meant."""
    service = Answer(LookupOutcome.FOUND, (DnsService("pod-0." + WEB, 5432),))
    reply = DNSRecord.parse(write_answer(query(kind="SRV"), service, DOMAIN))
    assert (str(reply.rr[0].rdata.target), reply.rr[0].rdata.port) == (f"pod-0.{WEB}.", 5432)
    six = Answer(LookupOutcome.FOUND, (ip_address("fd00::7"),))
    reply = DNSRecord.parse(write_answer(query(kind="AAAA"), six, DOMAIN))
    assert str(reply.rr[0].rdata) == "fd00::7"


def test_large_answers_ask_for_tcp() -> None:
    """A datagram never exceeds what its asker takes; a longer answer is marked truncated."""
    many = addresses(100)
    plain, wide = query(), query(edns=4096)
    for asked, limit in ((plain, 512), (wide, 1232)):
        reply = fitted(asked, write_answer(asked, many, DOMAIN))
        assert len(reply) <= limit
        assert DNSRecord.parse(reply).header.tc == 1
    some_more = write_answer(wide, addresses(40), DOMAIN)
    assert fitted(wide, some_more) == some_more
    assert fitted(plain, some_more) != some_more


def test_failures_are_said() -> None:
    """A question that cannot be answered gets SERVFAIL, not silence."""
    assert DNSRecord.parse(write_failure(query())).header.rcode == 2


def test_replies_are_not_answered() -> None:
    """Answering a reply would start a loop between two resolvers."""
    assert read_query(write_failure(query())) is None


@given(strategies.binary(max_size=300))
def test_any_bytes_are_a_query_or_nothing(data: bytes) -> None:
    """Whatever a pod sends, the resolver lives."""
    read_query(data)


@given(strategies.integers(0, 400), strategies.binary(min_size=1, max_size=3))
def test_damaged_queries_are_a_query_or_nothing(at: int, patch: bytes) -> None:
    """Nearly right bytes break nothing either, and what is read can be answered."""
    raw = bytearray(DNSRecord.question(WEB, "A").pack())
    raw[at % len(raw) : at % len(raw) + len(patch)] = patch
    read = read_query(bytes(raw))
    if read is not None:
        assert write_failure(read)[:2] == bytes(raw[:2])

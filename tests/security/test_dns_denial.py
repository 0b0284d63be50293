"""No client of the resolver can stop the names of the others, whatever it asks or withholds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_address

import pytest
from dnslib import QTYPE, RR, A, DNSRecord

from gossamer.dns.fairness import Pace, Places, Silence
from gossamer.dns.forward import (
    MOST_OF_A_CLIENT,
    Forwarder,
    NoAnswer,
    Upstream,
    answers,
    datagram,
    stream,
)
from gossamer.dns.listen import Listening
from gossamer.dns.plan import Answer, DnsTable, LookupOutcome, decide
from gossamer.dns.serve import STREAMS_OF_A_CLIENT, Resolver, serve
from gossamer.dns.wire import Query, read_query, refuse, write_answer

ATTACKER, VICTIM = "127.0.0.66", "127.0.0.2"
WEB = "web.shop.svc.cluster.local"
DOMAIN = "cluster.local"
NAMES = DnsTable({WEB: (ip_address("10.96.0.7"),)})


class Outside(asyncio.DatagramProtocol):
    """The host's resolver: it knows every name but those of `silent.example`, whose own server
    never answers. Each answer comes after a forged one, about another name."""

    def __init__(self) -> None:
        self.asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.asked += 1
        query = DNSRecord.parse(data)
        if not str(query.q.qname).endswith("silent.example."):
            for name, address in (("forged.example", "6.6.6.6"), (query.q.qname, "192.0.2.1")):
                reply = DNSRecord.question(str(name)).reply()
                reply.header.id = query.header.id
                reply.add_answer(RR(reply.q.qname, QTYPE.A, rdata=A(address)))
                self._transport.sendto(reply.pack(), addr)  # type: ignore[attr-defined]


@pytest.fixture
async def outside() -> AsyncIterator[Upstream]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Outside, local_addr=("127.0.0.1", 0))
    address: Upstream = transport.get_extra_info("sockname")[:2]
    yield address
    transport.close()


Start = Callable[..., Awaitable[int]]


@pytest.fixture
async def port(outside: Upstream) -> AsyncIterator[int]:
    """A resolver, for datagrams and streams on one port of 127.0.0.1."""
    streams = socket.create_server(("127.0.0.1", 0))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(streams.getsockname())
    for each in (streams, datagrams):
        each.setblocking(False)
    made = Resolver(lambda: NAMES, Forwarder([outside], patience=0.2))
    held = await serve(made, [Listening(datagrams, streams)])
    yield streams.getsockname()[1]
    for closable in held:
        closable.close()


def question(name: str) -> bytes:
    return bytes(DNSRecord.question(name).pack())


async def asked(forwarder: Forwarder, name: str, client: str) -> str:
    """The address that a client is told of a name, or nothing."""
    try:
        raw = await forwarder.ask(question(name), datagram, client)
    except NoAnswer:
        return ""
    return str(DNSRecord.parse(raw).rr[0].rdata)


async def test_a_silent_domain_stops_nobody_else(outside: Upstream) -> None:
    """Whoever asks for names whose server is silent waits alone; all others are answered."""
    forwarder = Forwarder([outside], patience=0.05)
    for n in range(10):
        waited, told = await asyncio.gather(
            asked(forwarder, f"{n}.silent.example", ATTACKER),
            asked(forwarder, "a.example", VICTIM),
        )
        assert (waited, told) == ("", "192.0.2.1")


async def test_nor_does_it_where_nobody_else_asked_before(outside: Upstream) -> None:
    """The first lookup of an idle pod is answered after any number of silent ones of another."""
    forwarder = Forwarder([outside], patience=0.2)
    for n in range(5):
        assert await asked(forwarder, f"{n}.silent.example", ATTACKER) == ""
    several = [asked(forwarder, f"{n}.example", VICTIM) for n in range(5)]
    assert set(await asyncio.gather(*several)) == {"192.0.2.1"}


async def test_one_silent_name_leaves_its_own_client_the_others(outside: Upstream) -> None:
    """A resolver is judged by several names, not by one asked again and again."""
    forwarder = Forwarder([outside], patience=0.02)
    for _ in range(5):
        assert await asked(forwarder, "silent.example", VICTIM) == ""
    several = [asked(forwarder, f"{n}.example", VICTIM) for n in range(5)]
    assert set(await asyncio.gather(*several)) == {"192.0.2.1"}


async def test_questions_of_a_client_are_bounded(outside: Upstream) -> None:
    """A thousand at once take the places of one client, and no more of the host's sockets."""
    forwarder = Forwarder([outside], patience=0.5)
    flood = [
        asyncio.ensure_future(asked(forwarder, f"{n}.silent.example", ATTACKER))
        for n in range(1000)
    ]
    assert await asked(forwarder, "a.example", VICTIM) == "192.0.2.1"
    assert sum(not each.done() for each in flood) == MOST_OF_A_CLIENT
    await asyncio.gather(*flood)


async def test_idle_streams_of_a_client_are_bounded(port: int) -> None:
    """Two hundred that say nothing leave DNS over TCP to the others."""
    idle = [
        await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
        for _ in range(200)
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(VICTIM, 0))
    query = question(WEB)
    writer.write(len(query).to_bytes(2, "big") + query)
    length = int.from_bytes(await reader.readexactly(2), "big")
    assert DNSRecord.parse(await reader.readexactly(length)).rr
    refused = [each for each, _ in idle[STREAMS_OF_A_CLIENT:]]
    assert set(await asyncio.gather(*(each.read(1) for each in refused))) == {b""}
    for _, each in [*idle, (reader, writer)]:
        each.close()


async def test_a_forged_answer_is_not_taken(port: int) -> None:
    """The right id is not enough: an answer repeats the question."""
    raw = await datagram(("127.0.0.1", port), question("a.example"))
    assert str(DNSRecord.parse(raw).rr[0].rdata) == "192.0.2.1"


@pytest.mark.parametrize(
    ("forged", "taken"),
    [
        (DNSRecord.question("A.Example").reply().pack(), True),
        (DNSRecord.question("a.example", "AAAA").reply().pack(), False),
        (DNSRecord.question("b.example").reply().pack(), False),
        (DNSRecord.question("a.example").pack(), False),
        (b"\0\1\x81\x82" + bytes(8), True),
        (b"\0\1\x81\x80" + bytes(8), False),
        (b"", False),
    ],
)
def test_what_answers_a_question(forged: bytes, taken: bool) -> None:
    """The same name in any case and the same kind; an error alone may leave them out."""
    assert answers(question("a.example"), forged) is taken


def message(
    name: bytes, counts: tuple[int, int, int, int] = (1, 0, 0, 0), rest: bytes = b""
) -> bytes:
    numbers = b"".join(each.to_bytes(2, "big") for each in counts)
    return b"\0\7\1\0" + numbers + name + b"\0\1\0\1" + rest


LABEL = b"\x3f" + b"a" * 63
MALFORMED = {
    "a name over 255 bytes": message(LABEL * 4 + b"\0"),
    "a label over 63 bytes": message(b"\x40" + b"a" * 64 + b"\0"),
    "a name without an end": message(b"\x05ab"),
    "a pointer to itself": message(b"\xc0\x0c"),
    "many questions": message(b"\0", (9999, 0, 0, 0), b"\xc0\x0c\0\1\0\1" * 600),
    "no question": message(b"\0", (0, 0, 0, 0)),
    "answers in a query": message(b"\1a\0", (1, 400, 0, 0), b"\xc0\x0c\0\1\0\1" * 400),
    "a chain of pointers": message(
        b"\1a\0",
        (1, 0, 0, 9),
        b"\0" + b"".join((0xC013 + n).to_bytes(2, "big") for n in range(0, 3000, 2)),
    ),
    "another operation": b"\0\7\x28\0" + message(b"\1a\0")[4:],
    "a long message": message(b"\1a\0", rest=bytes(60_000)),
    "noise": b"\0\7\1\0" + bytes(range(200)),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_query_costs_a_look(raw: bytes) -> None:
    """It is told to be malformed, in twelve bytes, and nothing is raised or built for it."""
    assert read_query(raw) is None
    told = refuse(raw)
    assert told is not None
    assert (len(told), told[:2], told[3] & 0x0F) == (12, b"\0\7", 1)


def test_no_reply_is_answered() -> None:
    """Two resolvers that tell each other of malformed messages would never end."""
    assert refuse(b"\0\7\x80\1" + bytes(8)) is None
    assert refuse(b"short") is None


async def test_the_longest_name_is_answered(port: int) -> None:
    """253 characters, denied or found, over UDP and TCP; the bound is the protocol's."""
    for kind in ("A", "HTTPS", "PTR"):
        longest = ".".join([*["a" * 60] * 3, "b" * 47, "shop.svc.cluster.local"])
        assert len(longest) == 253
        query = bytes(DNSRecord.question(longest, kind).pack())
        for way in (datagram, stream):
            assert DNSRecord.parse(await way(("127.0.0.1", port), query)).header.rcode == 3


def read(name: str, kind: str = "A") -> Query:
    found = read_query(bytes(DNSRecord.question(name, kind).pack()))
    assert found is not None
    return found


def test_an_answer_that_fits_into_no_message_is_a_failure() -> None:
    """An alias or a zone may be longer than names are; that is SERVFAIL, not a traceback."""
    long = ".".join(["a" * 60] * 5)
    told = write_answer(read("a.example"), Answer(LookupOutcome.FOUND, (), (long,)), DOMAIN)
    assert DNSRecord.parse(told).header.rcode == 2
    deny = write_answer(read(".".join(["a" * 60] * 4)), Answer(LookupOutcome.NODATA), DOMAIN)
    assert DNSRecord.parse(deny).header.rcode == 0


def test_chains_of_aliases_are_followed_for_a_while() -> None:
    """Sixteen steps, not four thousand."""
    names = DnsTable({}, aliases={f"{n}.a": f"{n + 1}.a" for n in range(4000)})
    assert decide(names, "0.a", "A").outcome is LookupOutcome.NODATA


def test_a_flood_is_dropped_unread() -> None:
    """A client has so many questions a second; what is over is not its neighbours' loss."""
    pace = Pace(per_second=10, at_once=20)
    assert sum(pace.allows(ATTACKER, 0.0) for _ in range(100)) == 20
    assert pace.allows(VICTIM, 0.0)
    assert sum(pace.allows(ATTACKER, 1.0) for _ in range(100)) == 10


def test_places_come_back() -> None:
    """Those of one client and those of all."""
    places = Places(3)
    assert [places.take("a", 2) for _ in range(3)] == [True, True, False]
    assert [places.take("b", 2) for _ in range(2)] == [True, False]
    places.give_back("a")
    assert places.take("b", 2)


def test_any_answer_ends_the_rest() -> None:
    """Silence is of names, until somebody is answered."""
    silence = Silence(names=2, rest=5.0)
    for name in (b"x", b"x", b"y"):
        assert not silence.holds("a", 1.0)
        silence.met("a", name, 1.0)
    assert silence.holds("a", 5.9)
    assert not silence.holds("b", 5.9)
    silence.broken()
    assert not silence.holds("a", 1.0)

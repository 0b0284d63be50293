"""The stand-in for any image: every protocol on one port, and calls to whom it was told of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from gossamer.apps.client.dial import Dialling
from gossamer.apps.client.exchange import Response
from gossamer.apps.client.pool import Pool
from gossamer.apps.rpc.call import unary
from gossamer.apps.standin.answer import HttpReply, SeenRequest, reply_to
from gossamer.apps.standin.caller import call
from gossamer.apps.standin.record import CallOutcome, StandInRecord
from gossamer.apps.standin.run import listen_tcp, listen_udp
from gossamer.apps.standin.sniff import Answering
from gossamer.apps.standin.spec import CallTarget, Identity, StandInSpec, read_spec
from tests.apps.conftest import Program

WHO = Identity("cart", "shop", "v2", "app", "registry.example/shop/cart:2")


class Served:
    """A stand-in in the test's own process."""

    def __init__(self) -> None:
        self.record = StandInRecord(StandInSpec(WHO, tcp=(0,)), "cart-0")
        self.lines: list[str] = []
        self.port = 0


@pytest.fixture
async def served(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    """It listens on a free port of 127.0.0.1."""
    monkeypatch.setenv("GOSSAMER_APPS_LISTEN", "127.0.0.1")
    stand_in = Served()
    (server,) = await listen_tcp(Answering(stand_in.record, stand_in.lines.append))
    stand_in.port = server.sockets[0].getsockname()[1]
    yield stand_in
    server.close()


async def get(port: int, *headers: tuple[str, str], protocol: str = "http/1.1") -> Response:
    pool = Pool(Dialling(protocol=protocol))
    try:
        return await pool.get(f"http://127.0.0.1:{port}/any/path?q=1", headers)
    finally:
        pool.close()


async def said(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(4096), 10)
    writer.close()
    return answer


@pytest.mark.parametrize(("protocol", "named"), [("http/1.1", "HTTP/1.1"), ("h2", "HTTP/2")])
async def test_http_of_either_version_is_answered_on_any_path(
    served: Served, protocol: str, named: str
) -> None:
    """Who it is, and what it saw of this request."""
    answer = await get(served.port, ("X-Trace", "7"), protocol=protocol)
    told = json.loads(answer.body)
    assert answer.status == 200
    assert answer.head.get("x-stand-in") == "shop/cart/v2"
    assert (told["name"], told["namespace"], told["version"]) == ("cart", "shop", "v2")
    assert told["request"]["path"] == "/any/path?q=1"
    assert told["request"]["protocol"] == named
    assert ["x-trace", "7"] in told["request"]["headers"]
    assert served.lines == [f'127.0.0.1 "GET /any/path?q=1 {named}" 200']


async def test_a_browser_gets_a_page_in_which_nothing_is_markup(served: Served) -> None:
    """What a caller sends is text in it."""
    headers = (("Accept", "text/html,*/*"), ("X-Bad", "<script>alert(1)</script>"))
    answer = await get(served.port, *headers)
    page = answer.body.decode()
    assert answer.head.get("content-type") == "text/html; charset=utf-8"
    assert "<h1>cart v2</h1>" in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page


async def test_grpc_is_healthy_under_every_name_and_answers_every_method(served: Served) -> None:
    """Probes pass whatever service they ask for; other methods get an empty message."""
    where = f"127.0.0.1:{served.port}"
    health = await unary(where, "grpc.health.v1.Health/Check", b"\x0a\x04shop")
    other = await unary(where, "shop.Cart/Get", b"\x0a\x01x")
    assert (health.status, health.messages) == (0, (b"\x08\x01",))
    assert (other.status, other.messages) == (0, (b"",))


async def test_reflection_lists_services(served: Served) -> None:
    """What `grpcurl list` asks; an unknown symbol is not found."""
    where, method = f"127.0.0.1:{served.port}", "grpc.reflection.v1.ServerReflection/"
    listed = await unary(where, method + "ServerReflectionInfo", b"\x3a\x01*")
    symbol = await unary(where, method + "ServerReflectionInfo", b"\x22\x01X")
    assert b"grpc.health.v1.Health" in listed.messages[0]
    assert symbol.messages[0] == b"\x3a\x02\x08\x05"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"hello\n", b"hello\n"),
        (b"PING\r\n", b"+PONG\r\n"),
        (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
        (b"\x00\x00\x00\x08\x04\xd2\x16/", b"\x00\x00\x00\x08\x04\xd2\x16/"),
    ],
)
async def test_other_bytes_are_echoed(served: Served, sent: bytes, answer: bytes) -> None:
    """A line, redis's PING, and what begins a connection to PostgreSQL."""
    assert await said(served.port, sent) == answer
    assert served.record.seen == {"tcp": 1}


async def test_nonsense_in_http_is_refused_and_the_next_caller_is_served(served: Served) -> None:
    """A broken request costs its own connection."""
    answer = await said(served.port, b"GET / HTTP/1.1\r\nhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert (await get(served.port)).status == 200


async def test_a_large_body_is_taken_and_counted(served: Served) -> None:
    """Bodies are read to their end, so that the connection can be used again."""
    body = b"x" * 300_000
    head = f"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {len(body)}\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(head.encode() + b"expect: 100-continue\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    writer.write(body)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
    writer.write(b"HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    rest = await asyncio.wait_for(reader.read(), 10)
    assert b'"body_bytes": 300000' in rest
    assert rest.lower().endswith(b"connection: close\r\n\r\n")
    writer.close()


async def test_datagrams_are_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    """UDP ports answer as well."""
    monkeypatch.setenv("GOSSAMER_APPS_LISTEN", "127.0.0.1")
    record = StandInRecord(StandInSpec(WHO), "cart-0")
    (transport,) = await listen_udp(record, 0)
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    class Ask(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            answered.set_result(data)

    asking, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Ask, remote_addr=transport.get_extra_info("sockname")
    )
    asking.sendto(b"time?")
    assert await asyncio.wait_for(answered, 10) == b"time?"
    asking.close()
    transport.close()


@pytest.mark.parametrize(
    ("scheme", "outcome"),
    [
        ("http", "HTTP 200"),
        ("grpc", "grpc-status 0"),
        ("tcp", "18 bytes"),
        ("redis", "7 bytes"),
        ("udp", "sent"),
    ],
)
async def test_each_protocol_is_called_as_it_is_spoken(
    served: Served, scheme: str, outcome: str
) -> None:
    """By the protocol of the target's port."""
    result = await call(CallTarget(scheme, "127.0.0.1", served.port))
    assert (result.well, result.message) == (True, outcome)


async def test_a_call_that_fails_is_an_outcome() -> None:
    """Nothing listens there; the stand-in goes on."""
    result = await call(CallTarget("http", "127.0.0.1", 1))
    assert not result.well
    assert "refused" in result.message.lower()


def test_the_page_tells_how_calls_went() -> None:
    """Target, where the manifest names it, and what came of it."""
    target = CallTarget("http", "db.shop.svc.cluster.local", 80, why="env DB_URL")
    record = StandInRecord(StandInSpec(WHO, calls=(target,), not_called=(("x:1", "no"),)), "p")
    assert record.calls[0].note(CallOutcome(False, "HTTP 503", 2.0))
    assert not record.calls[0].note(CallOutcome(False, "HTTP 503", 1.0))
    asked = SeenRequest("GET", "/", "HTTP/1.1", "10.0.0.1")
    told = json.loads(reply_to(asked, record).body)
    assert told["calls"][0]["failed"] == 2
    assert told["calls"][0]["why"] == "env DB_URL"
    assert told["not_called"] == [{"name": "x:1", "why": "no"}]
    page = reply_to(SeenRequest("GET", "/", "", "", (("accept", "text/html"),)), record)
    assert isinstance(page, HttpReply)
    assert b"HTTP 503" in page.body


def test_the_command_line_says_all() -> None:
    """What the lab writes, and what `ps` shows."""
    call = ("--call", "http://cart.shop.svc.cluster.local:7070/a?b", "env CART")
    ports = ("--listen", "80", "--listen", "53/udp")
    spec = read_spec(("--named", "web", *ports, *call, "--every", "0.5"))
    assert (spec.identity.name, spec.tcp, spec.udp, spec.every_s) == ("web", (80,), (53,), 0.5)
    assert spec.calls == (
        CallTarget("http", "cart.shop.svc.cluster.local", 7070, "/a?b", "env CART"),
    )


async def test_a_job_ends_with_success_even_if_nobody_answers(program: Program) -> None:
    """`--once` calls and ends; `--end` does nothing."""
    call = ("--call", "tcp://127.0.0.1:1", "env DB_HOST")
    once = await program("stand-in", "--once", "--every", "0.01", *call)
    end = await program("stand-in", "--end", "--image", "x/migrate")
    assert once.code == 0
    assert "calls tcp://127.0.0.1:1 (env DB_HOST): " in once.out
    assert (end.code, end.err) == (0, "")
    assert "x/migrate" in end.out

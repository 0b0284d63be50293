"""The plain TCP and small HTTP stand-ins."""

from __future__ import annotations

import asyncio

import pytest

from gossamer.apps.client.exchange import CallError
from gossamer.apps.client.lines import converse
from gossamer.apps.client.pool import Pool
from gossamer.apps.fortio.server import chosen, fortio_app, tcp_echo
from gossamer.apps.small.hello import hello_app
from gossamer.apps.small.redis import RedisStore, serving
from gossamer.apps.small.tcp_echo import echo_lines
from tests.apps.conftest import Program, Serve, ServeHttp, ServeTcp


async def test_tcp_echo_prefixes_every_line(serve_tcp: ServeTcp) -> None:
    """A line comes back behind the server's prefix, for as long as the connection lasts."""
    port = await serve_tcp(echo_lines("one"))
    assert await converse(f"127.0.0.1:{port}", ["hello", "world"], 5) == ["one hello", "one world"]


async def test_a_missing_answer_is_an_error(serve_tcp: ServeTcp) -> None:
    """A server that closes without a word is told as such."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()

    port = await serve_tcp(close)
    with pytest.raises(CallError) as failed:
        await converse(f"127.0.0.1:{port}", ["hello"], 5)
    assert failed.value.kind == "empty"


async def test_a_server_that_speaks_first_is_heard(serve_tcp: ServeTcp) -> None:
    """Without a line to send, the server's own first line is the answer."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")

    port = await serve_tcp(greet)
    assert await converse(f"127.0.0.1:{port}", [], 5) == ["220 ready"]


async def test_redis_speaks_resp(serve_tcp: ServeTcp) -> None:
    """The commands a cart uses, as arrays and as plain lines."""
    port = await serve_tcp(serving(RedisStore("redis-1")))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    conversation = [
        (b"PING\r\n", b"+PONG\r\n"),
        (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\nbc\r\n", b"+OK\r\n"),
        (b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$5\r\na\r\nbc\r\n"),
        (b"GET nothing\r\n", b"$-1\r\n"),
        (b"INCR n\r\n", b":1\r\n"),
        (b"DEL n k\r\n", b":2\r\n"),
        (b"INCR\r\n", b"-ERR wrong number of arguments for 'incr' command\r\n"),
        (b"WHAT\r\n", b"-ERR unknown command 'WHAT'\r\n"),
    ]
    for asked, answered in conversation:
        writer.write(asked)
        assert await asyncio.wait_for(reader.readexactly(len(answered)), 5) == answered
    writer.write(b"*99999999\r\n")
    assert await reader.read() == b""
    writer.close()


async def test_helloworld_names_version_and_instance(serve_http: ServeHttp) -> None:
    """/hello answers as the walkthroughs show it."""
    url = await serve_http(hello_app("v2", "hello-7"))
    answer = await Pool().get(f"{url}/hello")
    assert answer.body == b"Hello version: v2, instance: hello-7\n"


async def test_fortio_answers_as_asked(serve_http: ServeHttp, serve_tcp: ServeTcp) -> None:
    """/echo takes status, size and headers from the query; TCP echoes bytes."""
    url = await serve_http(fortio_app())
    answer = await Pool().get(f"{url}/echo?status=418&size=100&header=x-a:b")
    assert (answer.status, len(answer.body), answer.head.get("x-a")) == (418, 100, "b")
    assert b"GET /debug" in (await Pool().get(f"{url}/debug")).body
    port = await serve_tcp(tcp_echo())
    assert await converse(f"127.0.0.1:{port}", ["x"], 5) == ["x"]


def test_fortio_chooses_by_percent() -> None:
    """`503:100` is always 503, `503:0` never, a bare value always."""
    assert {chosen("503:100") for _ in range(20)} == {"503"}
    assert {chosen("503:0") for _ in range(20)} == {None}
    assert chosen("10ms") == "10ms"


async def test_fortio_load_prints_its_summary(serve_http: ServeHttp, program: Program) -> None:
    """`fortio load -n` makes exactly n calls and prints their codes."""
    url = await serve_http(fortio_app())
    ended = await program("fortio", "load", "-c", "2", "-qps", "0", "-n", "20", f"{url}/echo")
    assert ended.code == 0
    assert "Code 200 : 20 (100.0 %)" in ended.out


async def test_an_unknown_name_lists_the_known(program: Program) -> None:
    """Who asks for an app that is not there is told which are."""
    ended = await program("nonsense")
    assert ended.code == 2
    assert "productpage" in ended.err


async def test_text_answers_everything(program: Program, serve: Serve) -> None:
    """http-echo's text comes back for any path."""
    from starlette.responses import PlainTextResponse

    from gossamer.apps.serve.running import Http
    from gossamer.apps.small.text import text_app

    (port,) = await serve(Http(0, text_app(PlainTextResponse("hi\n"))))
    assert (await Pool().get(f"http://127.0.0.1:{port}/any")).body == b"hi\n"

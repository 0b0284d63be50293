"""Listening: both protocols on one port, both address families, and a graceful end."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import sys
from pathlib import Path

from h2.connection import H2Connection
from h2.events import StreamEnded
from starlette import requests
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from gossamer.apps.client.dial import Dialling, dial, parse_url
from gossamer.apps.client.exchange import Request, exchange
from gossamer.apps.serve.access import AccessLog
from gossamer.apps.serve.running import Http, Tcp, running
from gossamer.apps.serve.sockets import listen, port_of
from tests.apps.conftest import Program, Serve, ServeHttp

H2C = Dialling(protocol="h2")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """The body back, with the protocol's version in a header."""
    body = await requests.Request(scope, receive).body()
    await Response(body, headers={"x-version": scope["http_version"]})(scope, receive, send)


async def test_http1_and_http2_share_a_port(serve_http: ServeHttp) -> None:
    """A caller with HTTP/2 prior knowledge and one with HTTP/1.1 reach the same app."""
    url = await serve_http(echo)
    for protocol, version in (("http/1.1", "1.1"), ("h2", "2")):
        connection = await dial(parse_url(url)[0], Dialling(protocol=protocol))
        for _ in range(2):
            answer = await exchange(connection, Request("/x", "POST", (), b"hello"))
            assert (answer.body, answer.head.get("x-version")) == (b"hello", version)
            assert connection.reusable
        connection.close()


async def test_bodies_larger_than_any_window_pass_whole(serve_http: ServeHttp) -> None:
    """Flow control delays a 3 MB body in both directions and loses none of it."""
    url = await serve_http(echo)
    body = bytes(range(256)) * 12_000
    for protocol in ("http/1.1", "h2"):
        connection = await dial(parse_url(url)[0], Dialling(protocol=protocol))
        assert (await exchange(connection, Request("/", "POST", (), body))).body == body
        connection.close()


async def test_a_request_may_come_byte_by_byte(serve_http: ServeHttp) -> None:
    """What looks like HTTP/2's preface at first (POST, PRI) is still read rightly."""
    address, _ = parse_url(await serve_http(echo))
    reader, writer = await asyncio.open_connection(address.host, address.port)
    for byte in b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nok":
        writer.write(bytes([byte]))
        await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_both_address_families_are_served(serve: Serve) -> None:
    """An app answers on IPv4 and IPv6 at the same port."""
    (port,) = await serve(Http(0, echo))
    for host in ("127.0.0.1", "::1"):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert b"200" in await reader.readline()
        writer.close()


def test_port_zero_is_one_port_for_all_hosts() -> None:
    """Whoever asks for any free port gets the same one on every address."""
    sockets = listen(0, ("127.0.0.1", "::1"))
    assert {s.getsockname()[1] for s in sockets} == {port_of(sockets)}
    for one in sockets:
        one.close()


async def test_requests_in_flight_are_finished_at_the_end() -> None:
    """Being told to stop ends no call that was already accepted, over either protocol."""
    entered, release = asyncio.Semaphore(0), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        entered.release()
        await release.wait()
        await PlainTextResponse("done")(scope, receive, send)

    server = running([Http(0, slow)], ("127.0.0.1",))
    (port,) = await server.__aenter__()
    address, _ = parse_url(f"http://127.0.0.1:{port}")
    connections = [await dial(address), await dial(address, H2C)]
    calls = [asyncio.create_task(exchange(c, Request("/"))) for c in connections]
    for _ in calls:
        await entered.acquire()
    ending = asyncio.create_task(server.__aexit__(None, None, None))
    asyncio.get_running_loop().call_later(0.2, release.set)
    assert [answer.body for answer in await asyncio.gather(*calls)] == [b"done", b"done"]
    await ending
    for connection in connections:
        connection.close()


async def test_a_body_that_ends_after_the_answer_harms_no_other_call() -> None:
    """An app may answer before it has the whole body; the connection serves the next call."""

    async def hasty(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("done")(scope, receive, send)

    async with running([Http(0, hasty)], ("127.0.0.1",)) as (port,):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = H2Connection()
        client.initiate_connection()
        for number in (1, 3):
            head = [(":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/")]
            client.send_headers(number, head)
            await until_ended(client, reader, writer)
            client.send_data(number, b"", end_stream=True)
        writer.close()


async def until_ended(
    client: H2Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send what there is to send and read one whole answer."""
    writer.write(client.data_to_send())
    while data := await reader.read(65536):
        if any(isinstance(event, StreamEnded) for event in client.receive_data(data)):
            return
    raise ConnectionError("the server left")


async def test_sigterm_ends_with_zero_and_a_pod_stays_small() -> None:
    """A pod's process listens, costs little memory, and leaves in good order on SIGTERM."""
    environ = {**os.environ, "GOSSAMER_APPS_LISTEN": "127.0.0.1", "HOSTNAME": "details-v1-x"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gossamer.apps", "details", "--port", "0"),
        env=environ,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = await asyncio.wait_for(process.stderr.readline(), 30)
    port = int(said.split()[-1])
    connection = await dial(parse_url(f"http://127.0.0.1:{port}")[0])
    assert (await exchange(connection, Request("/details/0"))).status == 200
    status = Path(f"/proc/{process.pid}/status").read_text()
    rss_kb = int(status.partition("VmRSS:")[2].split()[0])
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert rss_kb < 40_000
    connection.close()


async def test_a_taken_port_is_said_plainly(program: Program) -> None:
    """Who cannot listen says which port, and ends with 1."""
    sockets = listen(0, ("127.0.0.1",))
    port = str(port_of(sockets))
    ended = await program("ratings", "--port", port, GOSSAMER_APPS_LISTEN="127.0.0.1")
    assert ended.code == 1
    assert f"port {port}" in ended.err
    for one in sockets:
        one.close()


async def test_answers_leave_at_once(serve: Serve) -> None:
    """No answer waits for the acknowledgement of its head: Nagle's algorithm is off."""
    seen: list[int] = []

    async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.write(b"x")

    (port,) = await serve(Tcp(0, look))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readexactly(1)
    writer.close()
    assert seen[0] != 0


async def test_each_request_is_one_line_of_the_log(serve_http: ServeHttp) -> None:
    """What was asked and answered can be read in a pod's log; nothing in it forges a line."""
    out = io.StringIO()
    url = await serve_http(AccessLog(echo, out))
    address, _ = parse_url(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET /a%0Ab?c=d HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
    await reader.read()
    writer.close()
    (line,) = out.getvalue().splitlines()
    assert line.startswith('127.0.0.1 "GET /a%0Ab?c=d HTTP/1.1" 200 ')

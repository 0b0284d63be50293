"""The load client: bounded, honest, countable."""

from __future__ import annotations

import asyncio
import json

from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Receive, Scope, Send

from gossamer.apps.load import LoadPlan, load
from gossamer.apps.load.plan import field_of, percentile
from gossamer.apps.load.run import Ticks
from tests.apps.conftest import Program, ServeHttp, ServeTcp


async def test_answers_are_counted_by_status_and_pod(serve_http: ServeHttp) -> None:
    """A report counts each answer once, by status and by the pod that gave it."""
    turns = iter(range(1000))

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        turn = next(turns)
        status = 503 if turn % 10 == 9 else 200
        await JSONResponse({"podname": f"pod-{turn % 2}"}, status)(scope, receive, send)

    url = await serve_http(app)
    report = await load(LoadPlan(url, rate=0, seconds=30, connections=3, count=100))
    assert report.requests == 100
    assert report.by_status == {"200": 90, "503": 10}
    assert report.by_field == {"podname": {"pod-0": 50, "pod-1": 50}}
    assert report.success_rate == 0.9
    assert report.errors == {}
    assert report.p50_ms is not None


async def test_connections_bound_what_is_open(serve_http: ServeHttp) -> None:
    """Never more calls at once than connections, however slow the server."""
    open_now, most = 0, 0
    release = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        if open_now == 3:
            asyncio.get_running_loop().call_later(0.05, release.set)
        await release.wait()
        open_now -= 1
        await PlainTextResponse("ok")(scope, receive, send)

    url = await serve_http(app)
    await load(LoadPlan(url, rate=0, seconds=30, connections=3, count=12))
    assert most == 3


async def test_a_kept_connection_that_broke_is_no_error_but_counted(serve_tcp: ServeTcp) -> None:
    """A server that hangs up between two answers costs a new connection, and is told."""

    async def one_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await reader.readuntil(b"\r\n\r\n")

    port = await serve_tcp(one_answer)
    plan = LoadPlan(f"http://127.0.0.1:{port}", rate=0, seconds=30, connections=1, count=3)
    report = await load(plan)
    assert (report.by_status, report.errors) == ({"200": 3}, {})
    assert report.replaced_connections == 2


async def test_errors_are_told_by_kind(serve_tcp: ServeTcp) -> None:
    """A server that hangs up is an error by name, not a status."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    port = await serve_tcp(hang_up)
    report = await load(LoadPlan(f"http://127.0.0.1:{port}", rate=0, seconds=9, count=4))
    assert (report.requests, report.errors, report.by_status) == (4, {"empty": 4}, {})
    assert report.success_rate == 0.0


async def test_stop_ends_a_load_early_with_its_report(serve_http: ServeHttp) -> None:
    """An ended load reports what it did until then."""
    stop = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("ok")(scope, receive, send)
        stop.set()

    url = await serve_http(app)
    report = await asyncio.wait_for(load(LoadPlan(url, rate=5, seconds=600), stop), 30)
    assert report.requests < 10


def test_a_steady_rate_neither_bursts_nor_drifts() -> None:
    """Ticks are due at even steps; after a long stall the missed ones are not made up."""
    ticks = Ticks(LoadPlan("http://x", rate=10, seconds=100), start=0)
    assert [ticks.take(0) for _ in range(3)] == [0.0, 0.1, 0.2]
    assert ticks.take(50) == 0.0
    assert ticks.take(50) is not None
    assert round(ticks.take(50) or 0, 3) == 0.2
    assert ticks.take(101) is None


def test_fields_are_found_in_json_and_in_text() -> None:
    """helloworld's text and Bookinfo's JSON both name the pod."""
    assert field_of(b'{"a": {"podname": "x"}}', "a.podname") == "x"
    assert field_of(b"Hello version: v1, instance: pod-7\n", "instance") == "pod-7"
    assert field_of(b"Hello version: v1, instance: pod-7\n", "version") == "v1"
    assert field_of(b"\xff", "podname") is None
    assert field_of(b"{", "podname") is None


def test_percentiles_by_nearest_rank() -> None:
    """p50 of an odd list is its middle; p99 of a short one its largest."""
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([3.0, 1.0, 2.0], 99) == 3.0
    assert percentile([], 50) is None


async def test_the_program_prints_json(serve_http: ServeHttp, program: Program) -> None:
    """`load --rate --for -o json` prints the report."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"podname": "p"})(scope, receive, send)

    url = await serve_http(app)
    ended = await program("load", "--rate", "50", "--for", "10s", "--count", "5", "-o", "json", url)
    assert ended.code == 0
    assert json.loads(ended.out)["by_field"] == {"podname": {"p": 5}}

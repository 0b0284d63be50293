"""gRPC without a gRPC library, checked against the real one."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from starlette.applications import Starlette

from gossamer.apps.boutique.ends import frontend_app
from gossamer.apps.client.pool import Pool
from gossamer.apps.rpc.call import unary
from gossamer.apps.rpc.framing import (
    Deframer,
    RpcServing,
    frame,
    health_request,
    read_health_request,
    read_health_response,
)
from gossamer.apps.rpc.main import echo_app
from gossamer.apps.rpc.service import RpcApp
from tests.apps.conftest import Program, ServeHttp


@pytest.fixture
async def target(serve_http: ServeHttp) -> str:
    """HOST:PORT of an echo server."""
    return str(await serve_http(echo_app("echo-1"))).removeprefix("http://")


@pytest.fixture
async def channel(target: str) -> AsyncIterator[Any]:
    """grpcio's channel to it."""
    async with grpc.aio.insecure_channel(target) as opened:
        yield opened


async def test_grpcio_checks_health(channel: Any) -> None:
    """A real gRPC client finds the server and its services healthy, and others not found."""
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    for service in ("", "gossamer.v1.Echo"):
        assert read_health_response(await check(health_request(service))) is RpcServing.SERVING
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await check(health_request("nobody"))
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND


async def test_grpcio_watches_health(channel: Any) -> None:
    """Watch tells the state at once and stays open until its caller leaves."""
    call = channel.unary_stream("/grpc.health.v1.Health/Watch")(health_request(""))
    assert read_health_response(await call.read()) is RpcServing.SERVING
    assert not call.done()
    call.cancel()


async def test_grpcio_echoes_unary_and_streams(channel: Any) -> None:
    """Every method of every service echoes, a megabyte in one message included."""
    body = os.urandom(1_000_000)
    assert await channel.unary_unary("/any.Service/Method")(body) == body

    async def three() -> AsyncIterator[bytes]:
        for message in (b"a", b"", b"c"):
            yield message

    answers = [m async for m in channel.stream_stream("/any.Service/Stream")(three())]
    assert answers == [b"a", b"", b"c"]


async def test_many_streams_share_a_connection(channel: Any) -> None:
    """Concurrent calls on one connection each get their own answer."""
    call = channel.unary_unary("/any.Service/Method")
    bodies = [bytes([n]) * 50_000 for n in range(20)]
    assert await asyncio.gather(*(call(body) for body in bodies)) == bodies


async def test_a_status_can_be_asked_for(channel: Any) -> None:
    """`echo-status` ends a call as a failing server would; for tests of retries."""
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await channel.unary_unary("/any.Service/Method")(b"", metadata=(("echo-status", "14"),))
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_our_client_calls(target: str) -> None:
    """Our own client gets the message, the status and the pod's name."""
    answer = await unary(target, "gossamer.v1.Echo/Echo", b"hi")
    assert (answer.status, answer.messages) == (0, (b"hi",))
    assert ("podname", "echo-1") in answer.headers
    missing = await unary(target, "grpc.health.v1.Health/Check", health_request("nobody"))
    assert (missing.status, missing.message) == (5, "no service 'nobody' here")


async def test_the_programs_end_by_status(target: str, program: Program) -> None:
    """grpc-call prints JSON and exits 0 only when the call went well."""
    good = await program("grpc-call", target, "health")
    assert (good.code, json.loads(good.out)["messages"]) == (0, ["SERVING"])
    assert (await program("grpc-call", target, "health", "--service", "x")).code == 1


async def test_plain_http_gets_an_echo_too(target: str) -> None:
    """The same port tells plain HTTP callers what they sent and who answered."""
    answer = json.loads((await Pool().get(f"http://{target}/x")).body)
    assert (answer["podname"], answer["protocol"]) == ("echo-1", "HTTP/1.1")


async def test_boutiques_frontend_asks_its_services(serve_http: ServeHttp) -> None:
    """The frontend is well when its services answer, and says which one does not."""
    other = Starlette()
    service = await serve_http(RpcApp("ad-1", frozenset(), other))
    good = await serve_http(frontend_app("f", {"AD_SERVICE_ADDR": service.removeprefix("http://")}))
    assert (await Pool().get(f"{good}/")).status == 200
    assert (await Pool().get(f"{good}/_healthz")).body == b"ok"
    bad = await serve_http(frontend_app("f", {"CART_SERVICE_ADDR": "127.0.0.1:1"}))
    answer = await Pool().get(f"{bad}/")
    assert answer.status == 500
    assert b"127.0.0.1:1" in answer.body


def test_frames_survive_any_cut() -> None:
    """Messages are found again wherever the network cut their bytes."""
    data = b"".join(frame(m) for m in (b"one", b"", b"three" * 100))
    deframer = Deframer()
    found = [m for byte in data for m in deframer.feed(bytes([byte]))]
    assert found == [b"one", b"", b"three" * 100]


def test_health_messages_round_trip() -> None:
    """A service name of any length is read as it was written."""
    for name in ("", "a", "x" * 300):
        assert read_health_request(health_request(name)) == name

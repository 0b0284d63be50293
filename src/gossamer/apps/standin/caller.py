"""Calls each target again and again, at a gentle rate, by the protocol that its port has."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import Awaitable, Callable
from time import monotonic

from gossamer.apps.client.exchange import (
    Address,
    CallError,
    Connection,
    Request,
    Response,
    exchange,
)
from gossamer.apps.client.http1 import Http1Connection
from gossamer.apps.standin.record import CallOutcome, CallRecord, StandInRecord
from gossamer.apps.standin.spec import CallTarget

PATIENCE_S = 5.0
LISTEN_S = 1.0
FIRST_S = 3.0
"""Others start at the same time: a call before they listen would only look like a fault."""

ONCE_TRIES = 10
HEALTH = "/grpc.health.v1.Health/Check"
EMPTY_MESSAGE = b"\0\0\0\0\0"
AGENT = "gossamer-stand-in"

Tell = Callable[[str], None]


async def call_for_ever(record: StandInRecord, tell: Tell) -> None:
    """All targets, each in its own rhythm, so that they are not called in one burst."""
    every = record.spec.every_s
    async with asyncio.TaskGroup() as group:
        for each in record.calls:
            group.create_task(_keep_calling(each, every, tell))


async def call_once(record: StandInRecord, tell: Tell) -> None:
    """Each target until it answers well, a few times at most."""
    async with asyncio.TaskGroup() as group:
        for each in record.calls:
            group.create_task(_call_until_well(each, record.spec.every_s, tell))


async def _keep_calling(record: CallRecord, every_s: float, tell: Tell) -> None:
    await asyncio.sleep(FIRST_S + random.uniform(0, every_s))
    while True:
        _note(record, await call(record.target), tell)
        await asyncio.sleep(every_s * random.uniform(0.8, 1.2))


async def _call_until_well(record: CallRecord, every_s: float, tell: Tell) -> None:
    for _ in range(ONCE_TRIES):
        outcome = await call(record.target)
        _note(record, outcome, tell)
        if outcome.well:
            return
        await asyncio.sleep(every_s)


def _note(record: CallRecord, outcome: CallOutcome, tell: Tell) -> None:
    if record.note(outcome):
        tell(f"calls {record.target.url} ({record.target.why}): {outcome.message}")


async def call(target: CallTarget) -> CallOutcome:
    """One call on a connection of its own, so that TCP is counted as well; whatever happens is an
    outcome."""
    began = monotonic()
    try:
        async with asyncio.timeout(PATIENCE_S):
            well, message = await _CALLS[target.scheme](target)
    except TimeoutError:
        well, message = False, f"no answer within {PATIENCE_S:g} s"
    except (OSError, CallError) as error:
        well, message = False, _reason(error)
    return CallOutcome(well, message, (monotonic() - began) * 1000)


async def _http(target: CallTarget) -> tuple[bool, str]:
    headers = (("User-Agent", AGENT), ("Accept", "*/*"))
    response = await _exchange(target, Request(target.path, headers=headers))
    return response.status < 400, f"HTTP {response.status}"


async def _grpc(target: CallTarget) -> tuple[bool, str]:
    headers = (("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", AGENT))
    response = await _exchange(target, Request(HEALTH, "POST", headers, EMPTY_MESSAGE))
    ending = dict((*response.head.headers, *response.trailers))
    status = ending.get("grpc-status", "")
    if not status:
        return False, f"HTTP {response.status} without a grpc-status"
    # 12: it serves gRPC and has no health service, which is an answer as well
    return status in ("0", "12"), f"grpc-status {status}"


async def _exchange(target: CallTarget, request: Request) -> Response:
    reader, writer = await _open(target)
    address = Address("http", target.host, target.port, target.host)
    connection: Connection
    if target.scheme == "grpc":
        from gossamer.apps.client.http2 import Http2Connection  # h2 costs 2 MB: on first use

        connection = Http2Connection(address, reader, writer)
    else:
        connection = Http1Connection(address, reader, writer)
    try:
        return await exchange(connection, request)
    finally:
        connection.close()


def _reason(error: OSError | CallError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name does not resolve"
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number else str(error)


async def _open(target: CallTarget) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to that very name: the dot keeps a search list from making it another."""
    return await asyncio.open_connection(_dialled(target.host), target.port)


def _dialled(host: str) -> str:
    is_name = "." in host and not host.rpartition(".")[2].isdigit() and ":" not in host
    return f"{host}." if is_name and not host.endswith(".") else host


async def _line(target: CallTarget) -> tuple[bool, str]:
    """One line there; an answer is welcome and not needed, since who knows what is spoken."""
    reader, writer = await _open(target)
    try:
        writer.write(b"PING\r\n" if target.scheme == "redis" else f"{AGENT}\n".encode())
        await writer.drain()
        try:
            async with asyncio.timeout(LISTEN_S):
                answer = await reader.read(4096)
        except TimeoutError:
            return True, "connected"
        return bool(answer), f"{len(answer)} bytes" if answer else "closed without an answer"
    finally:
        writer.close()


async def _datagram(target: CallTarget) -> tuple[bool, str]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(_dialled(target.host), target.port)
    )
    transport.sendto(AGENT.encode())
    transport.close()
    return True, "sent"


_CALLS: dict[str, Callable[[CallTarget], Awaitable[tuple[bool, str]]]] = {
    "http": _http,
    "grpc": _grpc,
    "tcp": _line,
    "redis": _line,
    "udp": _datagram,
}

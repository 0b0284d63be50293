"""A caller that counts. Run as `python counting_client.py calls|hold PROTOCOL HOST:PORT ...`.

`calls PROTOCOL HOST:PORT COUNT UP DOWN [RATE]` makes COUNT calls that send and ask for so many
bytes, and tells how many were answered. `hold PROTOCOL HOST:PORT SIZE` has SIZE bytes sent to
it on one stream (over TCP it sends them first), says so, and keeps the stream open until its
input ends. PROTOCOL is http, http2, grpc or tcp.
"""

from __future__ import annotations

import asyncio
import json
import sys

from gossamer.apps.client.dial import Dialling, dial, parse_url
from gossamer.apps.client.exchange import Connection, Request
from gossamer.apps.load import LoadPlan, load
from gossamer.apps.rpc.framing import frame

GRPC = (("te", "trailers"), ("content-type", "application/grpc"))


def version(protocol: str) -> str:
    """The HTTP that carries it."""
    return "http/1.1" if protocol == "http" else "h2"


async def calls(
    protocol: str, target: str, count: str, up: str, down: str, rate: str = "0"
) -> dict[str, object]:
    """Many calls."""
    if protocol == "tcp":
        return await connections(target, int(count), int(up))
    body = b"y" * int(up)
    plan = LoadPlan(
        f"http://{target}/size/{down}",
        rate=float(rate),
        seconds=600,
        count=int(count),
        method="POST",
        headers=GRPC if protocol == "grpc" else (),
        body=frame(body) if protocol == "grpc" else body,
        protocol=version(protocol),
        timeout_s=30,
    )
    report = await load(plan)
    return {"answered": dict(report.by_status), "errors": dict(report.errors)}


async def connections(target: str, count: int, up: int) -> dict[str, object]:
    """Many connections, one after the other, each echoed once."""
    host, port = target.split(":")
    for _ in range(count):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"y" * up)
        await reader.readexactly(up)
        writer.close()
        await writer.wait_closed()
    return {"answered": {"echoed": count}, "errors": {}}


async def hold(protocol: str, target: str, size: str) -> dict[str, object]:
    """One stream that stays open."""
    if protocol == "tcp":
        host, port = target.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"y" * int(size))
        await reader.readexactly(int(size))
        close = writer.close
    else:
        address, path = parse_url(f"http://{target}/hold/{size}")
        connection = await dial(address, Dialling(protocol=version(protocol)))
        await _read(connection, path, GRPC if protocol == "grpc" else (), int(size))
        close = connection.close
    print("held", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    close()
    return {"held": int(size)}


async def _read(
    connection: Connection, path: str, headers: tuple[tuple[str, str], ...], size: int
) -> None:
    await connection.start(Request(path, "POST", headers))
    seen = 0
    async for piece in connection.body():
        seen += len(piece)
        if seen >= size:
            return


how, *words = sys.argv[1:]
print(json.dumps(asyncio.run(calls(*words) if how == "calls" else hold(*words))))

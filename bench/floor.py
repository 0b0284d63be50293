"""Floor: what as many messages cost a gRPC server in Python that does nothing with them.

A sidecar that connects on demand and uses ten services sends 24 requests and gets 8 responses of
6 KB (`push` counts them). Here a server answers every third request without looking at it, over a
Unix socket and without TLS: what `push` costs above this is the plane's own work and TLS.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc

from bench.report import tell
from bench.usage import usage

METHOD = "/bench/Floor"
REQUEST, RESPONSE = b"y" * 100, b"x" * 6000
RESPONSES, REQUESTS_EACH = 8, 3


def main() -> None:
    """Serve when told to, else start a server and call it."""
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--streams", type=int, default=1000)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if said.serve:
            runner.run(serve(said.serve))
        else:
            tell("floor", [runner.run(measure(said.streams))])


async def serve(path: Path) -> None:
    """Answer every third request of a stream, until standard input ends."""
    server = grpc.aio.server(handlers=(_Answering(),))
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop(0)


class _Answering(grpc.GenericRpcHandler):  # type: ignore[misc]
    def service(self, details: Any) -> Any:
        return grpc.stream_stream_rpc_method_handler(_converse)


async def _converse(_: Any, context: Any) -> None:
    read = 0
    while await context.read() is not grpc.aio.EOF:
        read += 1
        if read % REQUESTS_EACH == 0:
            await context.write(RESPONSE)


async def measure(streams: int) -> dict[str, Any]:
    """CPU seconds of the server while all streams are opened and spoken on at once."""
    with TemporaryDirectory(prefix="gb-") as folder:
        path = Path(folder) / "floor.sock"
        command = (sys.executable, "-m", "bench", "floor", "--serve", str(path))
        server = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
        assert server.stdin
        async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
            await asyncio.wait_for(channel.channel_ready(), 30)
            before = usage(server.pid)
            await asyncio.gather(*(_speak(channel) for _ in range(streams)))
            after = usage(server.pid)
        server.stdin.close()
        await server.wait()
    spent = after.cpu - before.cpu
    return {
        "streams": streams,
        "requests": streams * RESPONSES * REQUESTS_EACH,
        "responses": streams * RESPONSES,
        "server_cpu_s": round(spent, 2),
        "us_a_message": 1e6 * spent / (streams * RESPONSES * (REQUESTS_EACH + 1)),
    }


async def _speak(channel: Any) -> None:
    call = channel.stream_stream(METHOD)()
    for _ in range(RESPONSES):
        for _ in range(REQUESTS_EACH):
            await call.write(REQUEST)
        await call.read()
    await call.done_writing()

"""tcp-echo: each line comes back with the server's prefix before it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gossamer.apps.serve.running import Tcp, run_app
from gossamer.apps.serve.tcp import Answer

PORT = 9000


def echo_lines(prefix: str) -> Answer:
    """Answers every line with `PREFIX line`, also a last one without its newline."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(f"{prefix} ".encode() + line)
            await writer.drain()

    return answer


def main(name: str, args: Sequence[str]) -> int:
    """`tcp-echo [PORT[,PORT...] [PREFIX]]`."""
    ports = [int(part) for part in (args[0] if args else str(PORT)).split(",")]
    prefix = args[1] if len(args) > 1 else "hello"
    return run_app(name, [Tcp(port, echo_lines(prefix)) for port in ports])

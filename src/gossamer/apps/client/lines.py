"""tcp-client: send lines to HOST:PORT and print what comes back."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress

from gossamer.apps.client.dial import Dialling, open_stream, parse_url
from gossamer.apps.client.exchange import CallError


async def converse(target: str, lines: Sequence[str], timeout_s: float) -> list[str]:
    """Send each line and read one back; without lines, read one (a server that speaks first).

    CallError of kind connect, resolve, timeout, empty or reset when it cannot be done.
    """
    address, _ = parse_url(target)
    reader, writer = await open_stream(address, Dialling(timeout_s))
    answers = []
    try:
        async with asyncio.timeout(timeout_s):
            for line in lines:
                writer.write(f"{line}\n".encode())
                answers.append(await _line(reader, target))
            if not lines:
                answers.append(await _line(reader, target))
    except TimeoutError as error:
        message = f"no whole line from {target} within {timeout_s:g} s"
        raise CallError("timeout", message) from error
    except ConnectionError as error:
        raise CallError("reset", f"connection to {target} lost: {error.strerror}") from error
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return answers


def main(name: str, args: Sequence[str]) -> int:
    """`tcp-client HOST:PORT [LINE...] [--timeout S]`; 1 when an answer is missing."""
    parser = argparse.ArgumentParser("tcp-client", description=__doc__)
    parser.add_argument("target", help="HOST:PORT")
    parser.add_argument("lines", nargs="*", help="lines to send; none reads what the server says")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds")
    asked = parser.parse_args(args)
    try:
        answers = asyncio.run(converse(asked.target, asked.lines, asked.timeout))
    except CallError as error:
        print(f"tcp-client: {error}", file=sys.stderr)
        return 1
    print("\n".join(answers))
    return 0


async def _line(reader: asyncio.StreamReader, target: str) -> str:
    line = await reader.readline()
    if not line:
        raise CallError("empty", f"{target} closed the connection without an answer")
    return line.decode("utf-8", "replace").rstrip("\r\n")

"""JSON over a stream, one object a line: how programs of one host talk to each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LONGEST_LINE = 64 * 1024 * 1024

Payload = Mapping[str, Any]


def read_object(line: bytes) -> Payload | None:
    """The object in a line; None where it holds none."""
    try:
        payload = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


async def send(writer: asyncio.StreamWriter, payload: Payload) -> None:
    """Write one object, and wait while the other side is slow."""
    writer.write(json.dumps(payload).encode() + b"\n")
    await writer.drain()


async def exchange(path: Path, payload: Payload) -> dict[str, Any]:
    """The answer of whoever listens at `path`; OSError where there is none, or no JSON in it."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_LINE)
    try:
        await send(writer, payload)
        line = await reader.readline()
    except ValueError as error:  # longer than the longest line
        raise ConnectionError(f"its answer is unreadable: {error}") from error
    finally:
        writer.close()
    if not line:
        raise ConnectionError("it hung up before it answered")
    answer = read_object(line)
    if answer is None:
        raise ConnectionError(f"its answer is not a JSON object: {line[:80]!r}")
    return dict(answer)

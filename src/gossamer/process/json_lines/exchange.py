"""Asking within an event loop, as long-running programs do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from gossamer.process.json_lines.line import LONGEST_LINE, Payload, line_of, read_answer


async def send(writer: asyncio.StreamWriter, payload: Payload) -> None:
    """Write one object, and wait while the other side is slow."""
    writer.write(line_of(payload))
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
    return read_answer(line)

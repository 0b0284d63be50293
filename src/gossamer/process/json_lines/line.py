"""One object, one line: what both ways of talking have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LONGEST_LINE = 64 * 1024 * 1024

Payload = Mapping[str, Any]
"""A JSON object on its way: the operations of each program give it a type of their own."""


def line_of(payload: Payload) -> bytes:
    """The object as a line."""
    return json.dumps(payload).encode() + b"\n"


def read_object(line: bytes) -> dict[str, Any] | None:
    """The object in a line; None where it holds none."""
    try:
        payload = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def read_answer(line: bytes) -> dict[str, Any]:
    """The object that somebody answered with; ConnectionError where the line holds none."""
    if not line:
        raise ConnectionError("it hung up before it answered")
    answer = read_object(line)
    if answer is None:
        raise ConnectionError(f"its answer is not a JSON object: {line[:80]!r}")
    return answer

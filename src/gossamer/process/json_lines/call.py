"""A typed request to another program of this host, and its typed answer."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from gossamer.process.json_lines.exchange import exchange
from gossamer.process.shape import WrongShape, as_words, of_shape

Answer = TypeVar("Answer")


class CallRefused(Exception):
    """The other program refused the request; the text is its own."""


def operation_of(request: type[Struct]) -> str:
    """The name of the operation that a request is for: its tag."""
    return str(request.__struct_config__.tag)


async def call(path: Path, request: Struct, gives: type[Answer]) -> Answer:
    """The answer of whoever listens at `path`. Raises CallRefused; OSError where there is none."""
    answer = await exchange(path, as_words(request))
    if "error" in answer:
        raise CallRefused(str(answer["error"]))
    try:
        return of_shape(answer, gives)
    except WrongShape as error:
        raise ConnectionError(f"its answer is not as agreed: {error}") from error

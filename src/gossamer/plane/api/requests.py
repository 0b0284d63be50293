"""Bytes of a request into checked values: sizes, JSON, shapes and query numbers."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET
from starlette.requests import Request

from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.api.shapes import FileText
from gossamer.store.paths import File

T = TypeVar("T")

BODY_BYTES = 64 * 2**20
LONGEST_WAIT = 60.0


async def body_of(request: Request, shape: type[T]) -> T:
    """The request's JSON in the wanted shape. Raises RequestRefused 413 or 400 naming the field."""
    raw = await _bounded(request)
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestRefused(
            400,
            f"{request.method} {request.url.path}: the body is not as described: {error}. "
            "Nothing was done. Send the JSON that /v1/openapi.json describes",
        ) from error


async def _bounded(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_BYTES:
            raise RequestRefused(
                413,
                f"{request.method} {request.url.path}: the body is over {BODY_BYTES} bytes. "
                "Nothing was done. Send it in several requests",
            )
        parts.append(part)
    return b"".join(parts)


def files_of(texts: Sequence[FileText]) -> tuple[File, ...]:
    """The files with their bytes. Raises RequestRefused where one has neither text nor base64."""
    return tuple(File(text.file, _raw(text)) for text in texts)


def _raw(text: FileText) -> bytes:
    if text.text is not UNSET:
        return text.text.encode()
    if text.base64 is UNSET:
        raise _no_bytes(text)
    try:
        return base64.b64decode(text.base64, validate=True)
    except ValueError as error:
        raise _no_bytes(text) from error


def _no_bytes(text: FileText) -> RequestRefused:
    return RequestRefused(
        400,
        f"The file {text.file} has no text and no valid base64. Nothing was done. "
        "Send one of the two",
    )


def number_in(request: Request, name: str, default: float | None = None) -> float | None:
    """A number in the query. Raises RequestRefused for what is none."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise RequestRefused(
            400, f"?{name}={text[:40]} is not a whole number of 0 or more. Nothing was done"
        )
    return number

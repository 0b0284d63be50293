"""Small pieces that several HTTP apps answer with: JSON, a request's own facts."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response


def as_json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer, indented for people, one line at its end."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return Response(text, status, headers, media_type="application/json")


def header_name(raw: bytes) -> str:
    """`x-b3-traceid` as `X-B3-Traceid`, the way Go and werkzeug print it."""
    return "-".join(part[:1].upper() + part[1:] for part in raw.decode("latin-1").split("-"))


def caller(request: Request) -> str:
    """The caller's address, as X-Forwarded-For tells it, else the connection's."""
    forwarded = request.headers.get("x-forwarded-for", "").split(",")[0].strip()
    if forwarded:
        return forwarded
    return request.client.host if request.client else ""

"""What a request was, as httpbin's JSON tells it.

go-httpbin gives every header and query value as a list; the Python original (kennethreitz) gives
plain strings. That is the only difference that callers meet, so it is one value here: `Values`.
"""

from __future__ import annotations

import base64
import email.parser
import email.policy
import json
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from gossamer.apps.serve.answers import caller, header_name


class Values(StrEnum):
    """How several values of one name are told."""

    LISTS = "lists"
    STRINGS = "strings"


Pairs = list[tuple[str, str]]


class RequestFacts:
    """Tells requests in one of the two shapes."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def group(self, pairs: Pairs) -> dict[str, Any]:
        """Name to its values, sorted by name."""
        grouped: dict[str, list[str]] = {}
        for name, value in pairs:
            grouped.setdefault(name, []).append(value)
        return {name: self._tell(grouped[name]) for name in sorted(grouped)}

    def headers(self, request: Request) -> dict[str, Any]:
        """All headers, Host among them."""
        pairs = [(header_name(n), v.decode("latin-1")) for n, v in request.headers.raw]
        return self.group(pairs)

    def args(self, request: Request) -> dict[str, Any]:
        """The query."""
        return self.group(parse_qsl(request.url.query, keep_blank_values=True))

    def plain(self, request: Request) -> dict[str, Any]:
        """What a request without a body was."""
        return {
            "args": self.args(request),
            "headers": self.headers(request),
            "method": request.method,
            "origin": caller(request),
            "url": _url(request),
        }

    async def whole(self, request: Request) -> dict[str, Any]:
        """What a request with its body was."""
        body = await request.body()
        kind = request.headers.get("content-type", "")
        form, files = _form(body, kind)
        details = {
            "data": _text(body, kind) if not (form or files) else "",
            "files": self.group(files),
            "form": self.group(form),
            "json": _json(body, kind),
        }
        return self.plain(request) | details

    def _tell(self, values: list[str]) -> Any:
        if self.values is Values.LISTS:
            return values
        return values[0] if len(values) == 1 else ",".join(values)


def _url(request: Request) -> str:
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    return str(request.url.replace(scheme=scheme))


def _text(body: bytes, kind: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        coded = base64.b64encode(body).decode()
        return f"data:{kind or 'application/octet-stream'};base64,{coded}"


def _json(body: bytes, kind: str) -> Any:
    if "json" not in kind or not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def _form(body: bytes, kind: str) -> tuple[Pairs, Pairs]:
    """Fields and files of a form; both empty for any other body."""
    if kind.startswith("application/x-www-form-urlencoded"):
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True), []
    if not kind.startswith("multipart/form-data"):
        return [], []
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message: Any = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    fields: Pairs = []
    files: Pairs = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        value = (part.get_payload(decode=True) or b"").decode("utf-8", "replace")
        (files if part.get_filename() else fields).append((str(name), value))
    return fields, files

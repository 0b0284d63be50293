"""What a stand-in answers to an HTTP request: JSON for programs, a page for browsers. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from gossamer.apps.standin.record import StandInRecord


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it came; header names in lower case."""

    method: str
    path: str
    protocol: str
    client: str
    headers: tuple[tuple[str, str], ...] = ()
    body_bytes: int = 0

    def header(self, name: str) -> str:
        """The first value of a header."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The answer; always 200, since a stand-in has every path."""

    content_type: str
    body: bytes

    def headers(self, identity: str) -> list[tuple[bytes, bytes]]:
        """As they go on the wire."""
        return [
            (b"content-type", self.content_type.encode()),
            (b"content-length", str(len(self.body)).encode()),
            (b"x-stand-in", identity.encode("ascii", "replace")),
        ]


def reply_to(request: SeenRequest, record: StandInRecord) -> HttpReply:
    """A page where HTML is asked for before anything else, else JSON."""
    facts = {**record.as_json(), "request": _told(request)}
    if request.header("accept").lstrip().startswith("text/html"):
        return HttpReply("text/html; charset=utf-8", _page(facts).encode())
    return HttpReply("application/json", json.dumps(facts, indent=1).encode() + b"\n")


def _told(request: SeenRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "path": request.path,
        "protocol": request.protocol,
        "from": request.client,
        "body_bytes": request.body_bytes,
        "headers": [[name, value] for name, value in request.headers],
    }


STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 56rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; overflow-wrap: anywhere }
th { font-weight: 600 } .bad { color: #c33 } .dim { opacity: .7 }
"""


def _page(facts: Mapping[str, Any]) -> str:
    version = f" {facts['version']}" if facts["version"] else ""
    title = escape(f"{facts['name']}{version}")
    parts = (
        f"<h1>{title}</h1><p class=dim>A stand-in for {escape(facts['image'] or 'an image')} "
        f"in namespace {escape(facts['namespace'])}, pod {escape(facts['pod'])}.</p>",
        "<h2>What it calls</h2>",
        _calls(facts["calls"], facts["not_called"]),
        "<h2>What it has seen</h2>",
        _table(("kind", "count"), ((k, v) for k, v in facts["seen"].items())),
        "<h2>This request</h2>",
        _request(facts["request"]),
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE}</style><body>{''.join(parts)}"
    )


def _calls(calls: list[Mapping[str, Any]], not_called: list[Mapping[str, Any]]) -> str:
    if not calls and not not_called:
        return (
            "<p>Its manifest names no service of this mesh. "
            "<code>calls:</code> in lab.yaml adds some.</p>"
        )
    rows = [
        (c["target"], c["why"], c["sent"], c["failed"], f"{c['last']}, {c['last_ms']} ms")
        for c in calls
    ]
    rows += [(n["name"], n["why"], "-", "-", "not called") for n in not_called]
    return _table(("target", "named by", "sent", "failed", "last"), rows)


def _request(request: Mapping[str, Any]) -> str:
    line = f"{request['method']} {request['path']} {request['protocol']} from {request['from']}"
    return f"<p><code>{escape(line)}</code></p>" + _table(("header", "value"), request["headers"])


def _table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    head = "".join(f"<th>{escape(each)}" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(c))}" for c in row) for row in rows)
    return f"<table><tr>{head}{body}</table>"

"""Issuers outside a lab: one server on this host's loopback, whose paths answer as a test says."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Issuers:
    """What each path answers: a status and a body. A path that is not there hangs."""

    port: int
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        """Where the plane finds a path."""
        return f"http://127.0.0.1:{self.port}{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    issuers: Issuers

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's asks DNS for its own name


class _Answer(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        issuers = self.server.issuers
        issuers.asked.append(self.path)
        if self.path not in issuers.answers:
            issuers.ended.wait()
            return
        status, body = issuers.answers[self.path]
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", body)
            body = ""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Tests read answers, not logs."""


@contextmanager
def serving_issuers() -> Iterator[Issuers]:
    """The server, until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Answer)
    server.issuers = Issuers(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.issuers
    finally:
        server.issuers.ended.set()
        server.shutdown()
        server.server_close()

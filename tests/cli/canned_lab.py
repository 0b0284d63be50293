"""A lab of canned answers at real sockets: what a command asks, and what it makes of it."""

from __future__ import annotations

import json
import os
import socketserver
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from gossamer.lab.home import SCHEMA, LabFolder
from gossamer.process.supervision.ledger import started_at

Answers = Mapping[str, Any]


@dataclass
class CannedLab:
    """Answers by operation and by path; `asked` is what came."""

    folder: LabFolder
    operations: dict[str, Any] = field(default_factory=dict)
    paths: dict[str, Any] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    lab: CannedLab


class _Lines(socketserver.StreamRequestHandler):
    """JSON lines, as the holder and the agent speak them."""

    server: _Server

    def handle(self) -> None:
        for line in self.rfile:
            payload = json.loads(line)
            self.server.lab.asked.append(payload)
            unknown = {"error": f"no such operation: {payload['op']}"}
            answer = self.server.lab.operations.get(payload["op"], unknown)
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class _Http(BaseHTTPRequestHandler):
    """The plane's API."""

    server: _Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        size = int(self.headers.get("Content-Length") or 0)
        self.server.lab.asked.append((path, json.loads(self.rfile.read(size) or b"null")))
        answer = self.server.lab.paths.get(path)
        body = json.dumps(answer if answer is not None else {"error": f"no {path}"}).encode()
        self.send_response(200 if answer is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is written."""

    def address_string(self) -> str:
        return "a command"


@contextmanager
def canned_lab(operations: Answers, paths: Answers) -> Iterator[CannedLab]:
    """A lab `default` that is said to run in a state folder of its own, which is its value's."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gok")))
        folder = LabFolder.of(home, "default")
        folder.root.mkdir(parents=True, mode=0o700)
        own = {"schema": SCHEMA, "name": "default", "pid": os.getpid()}
        folder.record.write_text(json.dumps({**own, "started": started_at(os.getpid())}))
        lab = CannedLab(folder, dict(operations), dict(paths))
        for path, handler in (
            (folder.holder_socket, _Lines),
            (folder.agent_socket, _Lines),
            (folder.plane_socket, _Http),
        ):
            server = stack.enter_context(_Server(str(path), handler))
            server.lab = lab
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            stack.callback(server.shutdown)
        yield lab

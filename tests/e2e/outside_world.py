"""What lies outside a lab: an HTTP server, a TLS one and a resolver, on this host."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dnslib import QTYPE, RR, A, DNSRecord

from tests.e2e.self_made import Certificate


def host_address() -> str | None:
    """An address of this host that is not its loopback; None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # sends nothing
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address


class _Answer(BaseHTTPRequestHandler):
    """Says what was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path, "host": self.headers["Host"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests read answers, not logs."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's asks DNS for its own name


class _Names(socketserver.BaseRequestHandler):
    """Answers A questions from the server's table; everything else does not exist."""

    def handle(self) -> None:
        data, reply_by = self.request
        asked = DNSRecord.parse(data)
        reply = asked.reply()
        known = self.server.known.get(str(asked.q.qname).rstrip("."))  # type: ignore[attr-defined]
        if known is None:
            reply.header.rcode = 3
        elif asked.q.qtype == QTYPE.A:
            reply.add_answer(RR(asked.q.qname, QTYPE.A, rdata=A(known), ttl=1))
        reply_by.sendto(reply.pack(), self.client_address)


@dataclass(frozen=True, slots=True)
class Outside:
    """Where its parts listen."""

    address: str
    port: int
    tls_port: int
    resolver: str


@contextmanager
def outside(
    address: str, names: Mapping[str, str], shown: Certificate, folder: Path
) -> Iterator[Outside]:
    """The outside, for as long as the test runs: `names` resolve, TLS shows that certificate."""
    with ExitStack() as stack:
        plain, secure = _Server((address, 0), _Answer), _Server((address, 0), _Answer)
        secure.socket = _tls(shown, folder).wrap_socket(secure.socket, server_side=True)
        resolver = socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Names)
        resolver.known = dict(names)  # type: ignore[attr-defined]
        for each in (plain, secure, resolver):
            threading.Thread(target=each.serve_forever, daemon=True).start()
            stack.callback(each.server_close)
            stack.callback(each.shutdown)
        port = resolver.server_address[1]
        yield Outside(
            address, plain.server_address[1], secure.server_address[1], f"127.0.0.1:{port}"
        )


def _tls(shown: Certificate, folder: Path) -> ssl.SSLContext:
    path = folder / "shown.pem"
    path.write_text(shown.key + shown.chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context

"""A caller that keeps one connection of each kind, and uses it once for each line it is given.

Run as `python keeping_client.py HTTP1_HOST:PORT HTTP2_HOST:PORT TCP_HOST:PORT`. For a line of input
it asks for `/status/200?LINE` over HTTP/1.1 and HTTP/2 and sends the line over TCP; it prints what
came back as JSON, `lost` where a connection ended. It never connects a second time.
"""

from __future__ import annotations

import json
import socket
import sys

import h2.connection
import h2.events

LOST = "lost"


class Http1:
    """Keep-alive."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._file = socket.create_connection((host, port), timeout=10).makefile("rwb")

    def use(self, line: str) -> str:
        """The status, or LOST where the answer says that it is the last."""
        self._file.write(f"GET /status/200?{line} HTTP/1.1\r\nhost: {self._host}\r\n\r\n".encode())
        self._file.flush()
        head = [self._file.readline().decode().strip().lower()]
        while head[-1]:
            head.append(self._file.readline().decode().strip().lower())
        sizes = [text for text in head if text.startswith("content-length:")]
        self._file.read(int(sizes[0].split(":")[1]) if sizes else 0)
        return LOST if "connection: close" in head or not head[0] else head[0].split()[1]


class Http2:
    """One stream after the other."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._socket = socket.create_connection((host, port), timeout=10)
        self._state = h2.connection.H2Connection()
        self._state.initiate_connection()

    def use(self, line: str) -> str:
        """The status, or LOST where the server goes away."""
        stream = self._state.get_next_available_stream_id()
        named = {":method": "GET", ":scheme": "http", ":authority": self._host}
        headers = [*named.items(), (":path", f"/status/200?{line}")]
        self._state.send_headers(stream, headers, end_stream=True)
        status = LOST
        while True:
            self._socket.sendall(self._state.data_to_send())
            data = self._socket.recv(65536)
            for event in self._state.receive_data(data) if data else ():
                if isinstance(event, h2.events.ResponseReceived):
                    status = dict(event.headers)[b":status"].decode()
                elif isinstance(event, h2.events.ConnectionTerminated):
                    return LOST
                elif isinstance(event, h2.events.StreamEnded):
                    return status
            if not data:
                return LOST


class Bytes:
    """A server that says everything back."""

    def __init__(self, host: str, port: int) -> None:
        self._file = socket.create_connection((host, port), timeout=10).makefile("rwb")

    def use(self, line: str) -> str:
        """`echo`, or LOST."""
        self._file.write(f"{line}\n".encode())
        self._file.flush()
        return "echo" if line.encode() in self._file.readline() else LOST


Kept = Http1 | Http2 | Bytes


def main(places: list[str]) -> None:
    """Until the input ends."""
    kinds: dict[str, type[Kept]] = {"http1": Http1, "http2": Http2, "tcp": Bytes}
    kept: dict[str, Kept] = {}
    for (name, kind), place in zip(kinds.items(), places, strict=True):
        host, _, port = place.rpartition(":")
        kept[name] = kind(host, int(port))
    for line in sys.stdin:
        answers = {}
        for name, connection in kept.items():
            try:
                answers[name] = connection.use(line.strip())
            except Exception as error:
                answers[name] = f"{LOST}: {error!r}"
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

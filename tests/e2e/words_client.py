"""A caller that sends exactly the bytes it is given, and prints what comes.

Run as `python words_client.py HOST PORT REQUEST [MORE]`, escapes as in Python. MORE is sent after
the first answer. It reads until the other end closes, or until MORE came back.
"""

from __future__ import annotations

import socket
import sys


def exchange(host: str, port: int, request: bytes, more: bytes = b"") -> bytes:
    """What came."""
    with socket.create_connection((host, port), timeout=10) as sock:
        sock.sendall(request)
        came = b""
        if more:
            while b"\r\n\r\n" not in came:
                came += sock.recv(65536)
            sock.sendall(more)
        while not (more and came.endswith(more)) and (piece := sock.recv(65536)):
            came += piece
        return came


if __name__ == "__main__":
    words = [word.encode().decode("unicode_escape").encode("latin-1") for word in sys.argv[3:]]
    sys.stdout.buffer.write(exchange(sys.argv[1], int(sys.argv[2]), *words))

"""A caller that holds connections open and tells, beat by beat, that all of them still answer.

Run as `python beating_client.py HOST:PORT…`. Each beat sends a byte along each connection and waits
until it comes back. It ends with 1 as soon as one does not.
"""

from __future__ import annotations

import socket
import sys
import threading

BEAT_S = 0.05


def main(places: list[str]) -> int:
    """Beats until a connection is lost."""
    held: dict[str, socket.socket] = {}
    for place in places:
        host, _, port = place.rpartition(":")
        held[place] = socket.create_connection((host, int(port)), timeout=10)
    pause = threading.Event()
    while True:
        for place, sock in held.items():
            try:
                sock.sendall(b"x")
                echoed = sock.recv(1)
            except OSError:
                echoed = b""
            if echoed != b"x":
                print(f"lost {place}", flush=True)
                return 1
        print("beat", flush=True)
        pause.wait(BEAT_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

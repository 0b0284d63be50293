"""Run in a pod: listen on every port that capture might leave to the proxy, on every address, and
answer whoever gets through; print the ports that could be had, as JSON, once they all listen."""

import json
import selectors
import socket
import sys
from collections.abc import Iterable, Iterator

SO_REUSEPORT = 15
ADDRESSES = {socket.AF_INET: ("0.0.0.0", "127.0.0.1"), socket.AF_INET6: ("::",)}


def listening(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    """A listener that shares the port with whoever else would share it."""
    made = socket.socket(family)
    for option in (SO_REUSEPORT, socket.SO_REUSEADDR):
        made.setsockopt(socket.SOL_SOCKET, option, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind((address, port))
    made.listen()
    return made


def all_that_listen(ports: Iterable[int]) -> Iterator[tuple[int, socket.socket]]:
    for port in ports:
        for family, addresses in ADDRESSES.items():
            for address in addresses:
                try:
                    yield port, listening(family, address, port)
                except OSError:
                    continue


if __name__ == "__main__":
    had = list(all_that_listen(json.loads(sys.argv[1])))
    print(json.dumps(sorted({port for port, _ in had})), flush=True)
    ready = selectors.DefaultSelector()
    for _, listener in had:
        ready.register(listener, selectors.EVENT_READ, listener)
    while True:
        for key, _ in ready.select():
            caller, _ = key.data.accept()
            caller.sendall(b"past the proxy")
            caller.close()

"""Run in a pod: dial each port of each address and print what was heard there, as JSON."""

import json
import socket
import sys


def heard(address: str, port: int) -> str:
    try:
        with socket.create_connection((address, port), 5) as dialled:
            dialled.settimeout(5)
            dialled.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return dialled.recv(64).decode(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    addresses, ports = json.loads(sys.argv[1]), json.loads(sys.argv[2])
    print(json.dumps({f"{a} {p}": heard(a, p) for a in addresses for p in ports}))

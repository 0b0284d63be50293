"""A server for the tests: says who it is, who called, and what address the caller dialled.

`parrot.py NAME PROTOCOL PORT…` listens on every address, v4 and v6, and prints `ready`.
"""

import select
import socket
import struct
import sys

ORIGINAL_DST = 80


def dialled(connection: socket.socket) -> str:
    """The address before any redirect, as the kernel remembers it."""
    try:
        if connection.family == socket.AF_INET:
            raw = connection.getsockopt(socket.SOL_IP, ORIGINAL_DST, 16)
            port, address = struct.unpack("!2xH4s8x", raw)
        else:
            raw = connection.getsockopt(socket.IPPROTO_IPV6, ORIGINAL_DST, 28)
            port, address = struct.unpack("!2xH4x16s4x", raw)
        return f"{socket.inet_ntop(connection.family, address)} {port}"
    except OSError:
        return "{} {}".format(*connection.getsockname()[:2])


def listen(protocol: str, family: int, port: int) -> socket.socket:
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    server = socket.socket(family, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(("", port))
    if protocol == "tcp":
        server.listen(128)
    return server


def main() -> None:
    name, protocol, *ports = sys.argv[1:]
    families = [socket.AF_INET] + ([socket.AF_INET6] if socket.has_ipv6 else [])
    servers = {}
    for port in map(int, ports):
        for family in families:
            servers[listen(protocol, family, port)] = port
    print("ready", flush=True)
    while True:
        for server in select.select(list(servers), [], [])[0]:
            who = f"{name}:{servers[server]}"
            if protocol == "udp":
                _, peer = server.recvfrom(100)
                server.sendto(f"{who} {peer[0]}".encode(), peer)
                continue
            connection, peer = server.accept()
            with connection:
                connection.sendall(f"{who} {peer[0]} {dialled(connection)}".encode())


main()

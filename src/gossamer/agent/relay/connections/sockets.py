"""Ending one connection of another process: its socket is borrowed, and shut down both ways.

The process need not know: it reads an end, as when the far end had closed. The caller must be
allowed to trace it (its parent, or an equal user where nothing forbids that).
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

PIDFD_GETFD = 438
"""The system call's number, equal on all of Linux's architectures that Envoy runs on."""

_ESTABLISHED = "01"
Address = tuple[str, int]


def shut(pid: int, callers: Iterable[Address]) -> int:
    """End the process's connections with these far ends; how many. Raises OSError."""
    wanted = {_in_hex(*each) for each in callers}
    inodes = {inode for far, inode in _established(pid) if far in wanted}
    descriptors = list(_descriptors(pid, inodes)) if inodes else []
    if not descriptors:
        return 0
    process = os.pidfd_open(pid)
    try:
        for each in descriptors:
            _shut_one(process, each)
    finally:
        os.close(process)
    return len(descriptors)


def _shut_one(process: int, descriptor: int) -> None:
    borrowed = _SYSCALL(PIDFD_GETFD, process, descriptor, 0)
    if borrowed < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    with socket.socket(fileno=borrowed) as connection:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it ended by itself meanwhile


def _established(pid: int) -> Iterator[tuple[str, str]]:
    """The far end and the inode of each connection in the process's network."""
    for table in ("tcp", "tcp6"):
        try:
            _, *lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()
        except FileNotFoundError:
            continue  # a kernel without IPv6
        for line in lines:
            cells = line.split()
            if cells[3] == _ESTABLISHED:
                yield cells[2], cells[9]


def _descriptors(pid: int, inodes: set[str]) -> Iterator[int]:
    links = {f"socket:[{inode}]" for inode in inodes}
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        try:
            if os.readlink(f"{folder}/{name}") in links:
                yield int(name)
        except FileNotFoundError:
            continue  # closed meanwhile


def _in_hex(address: str, port: int) -> str:
    """As the kernel's tables write it: words of four bytes in the machine's order."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    words = (packed[at : at + 4][::-1].hex().upper() for at in range(0, len(packed), 4))
    return f"{''.join(words)}:{port:04X}"


_SYSCALL = ctypes.CDLL(None, use_errno=True).syscall

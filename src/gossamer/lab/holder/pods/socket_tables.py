"""The kernel's tables of TCP sockets where a pod's containers run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def socket_tables(pid: int | None) -> Iterator[str]:
    """The tables that the pod of this process has, `pid` as the host knows it; none without one."""
    for name in ("tcp", "tcp6") if pid else ():
        with suppress(OSError):  # the process may just have ended
            yield Path(f"/proc/{_inside(pid)}/net/{name}").read_text()


def _inside(pid: int | None) -> str:
    """The process in the pod that this one stands for, its child; itself where it is there."""
    return next(iter(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()), str(pid))

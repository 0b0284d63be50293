"""Run in a pod: reach for processes by their numbers, in every way there is; print what worked.

Argument: the numbers, as a JSON list. Prints {number: [what worked]}, and what /proc shows.
"""

import ctypes
import json
import os
import sys
from collections.abc import Callable, Iterator

Attempt = Callable[[int], object]

libc = ctypes.CDLL(None, use_errno=True)
PIDFD_GETFD = 438
PTRACE_SEIZE = 0x4206


class Piece(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))


def kernel(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def read(name: str) -> Attempt:
    def attempt(pid: int) -> None:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            file.read(1)

    return attempt


def read_memory(pid: int) -> None:
    space = ctypes.create_string_buffer(8)
    here = Piece(ctypes.addressof(space), 8)
    there = Piece(0x400000, 8)
    kernel(libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0))


def take_a_descriptor(pid: int) -> None:
    kernel(libc.syscall(PIDFD_GETFD, os.pidfd_open(pid), 0, 0))


ATTEMPTS: dict[str, Attempt] = {
    "root": lambda pid: os.listdir(f"/proc/{pid}/root/"),
    "cwd": lambda pid: os.listdir(f"/proc/{pid}/cwd/"),
    "fd": lambda pid: os.listdir(f"/proc/{pid}/fd"),
    "environ": read("environ"),
    "mem": lambda pid: open(f"/proc/{pid}/mem", "rb").close(),
    "maps": read("maps"),
    "namespace": lambda pid: open(f"/proc/{pid}/ns/net").close(),
    "process_vm_readv": read_memory,
    "pidfd_getfd": take_a_descriptor,
    "ptrace": lambda pid: kernel(libc.ptrace(PTRACE_SEIZE, pid, None, None)),
    "kill": lambda pid: os.kill(pid, 0),
    "priority": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 19),
}


def worked(pid: int) -> Iterator[str]:
    for name, attempt in ATTEMPTS.items():
        try:
            attempt(pid)
            yield name
        except OSError:
            continue


def shown() -> Iterator[str]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline") as line:
                yield line.read().replace("\0", " ").strip()
        except OSError:
            continue


if __name__ == "__main__":
    numbers = json.loads(sys.argv[1])
    print(json.dumps({"worked": {n: list(worked(n)) for n in numbers}, "shown": list(shown())}))

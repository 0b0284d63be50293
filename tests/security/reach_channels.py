"""Run in a pod: `leave` something on every channel that processes of one machine may share, or
`find` what another pod left there; print the names of the channels, as JSON."""

import ctypes
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping

libc = ctypes.CDLL(None, use_errno=True)
KEY, IPC_CREAT = 0x60551, 0o1000
ADD_KEY, KEYCTL = {"x86_64": (248, 250), "aarch64": (217, 219)}.get(platform.machine(), (-1, -1))
KEYCTL_SEARCH, SESSION, USER = 10, -3, -4


def add_key(ring: int) -> int:
    return int(libc.syscall(ADD_KEY, b"user", b"gossamer-test", b"4711", 4, ring))


def find_key(ring: int) -> int:
    return int(libc.syscall(KEYCTL, KEYCTL_SEARCH, ring, b"user", b"gossamer-test", 0))


def write(path: str) -> int:
    with open(path, "w") as file:
        return file.write("4711")


def there(path: str) -> int:
    return 0 if os.path.exists(path) else -1


LEAVE: dict[str, Callable[[], int]] = {
    "shared memory": lambda: libc.shmget(KEY, 4096, IPC_CREAT | 0o666),
    "semaphores": lambda: libc.semget(KEY, 1, IPC_CREAT | 0o666),
    "message queue": lambda: libc.msgget(KEY, IPC_CREAT | 0o666),
    "/dev/shm": lambda: write("/dev/shm/gossamer-test"),
    "/tmp": lambda: write("/tmp/gossamer-test"),
    "/var/tmp": lambda: write("/var/tmp/gossamer-test"),
    "session keyring": lambda: add_key(SESSION),
    "user keyring": lambda: add_key(USER),
}
FIND: dict[str, Callable[[], int]] = {
    "shared memory": lambda: libc.shmget(KEY, 0, 0o666),
    "semaphores": lambda: libc.semget(KEY, 0, 0o666),
    "message queue": lambda: libc.msgget(KEY, 0o666),
    "/dev/shm": lambda: there("/dev/shm/gossamer-test"),
    "/tmp": lambda: there("/tmp/gossamer-test"),
    "/var/tmp": lambda: there("/var/tmp/gossamer-test"),
    "session keyring": lambda: find_key(SESSION),
    "user keyring": lambda: find_key(USER),
}


def worked(attempts: Mapping[str, Callable[[], int]]) -> Iterator[str]:
    for name, attempt in attempts.items():
        try:
            if attempt() >= 0:
                yield name
        except OSError:
            continue


if __name__ == "__main__":
    attempts = {"leave": LEAVE, "find": FIND}[json.loads(sys.argv[1])]
    print(json.dumps(list(worked(attempts))))

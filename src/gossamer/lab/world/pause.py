"""A pod's first process: it makes the pod's namespaces and holds them while the pod lives.

Each pod has a PID namespace, so its processes can neither see nor name any other: not those of
another pod, not their proxies, not even its own proxy, which runs outside. In it this process is
number 1: orphans become its children (the kernel reaps them, since it ignores SIGCHLD), and when
it is killed everything in the pod ends. It ends with the anchor.

A user namespace of the pod's own is the second wall. All processes of a lab have one uid, which
is all that the kernel asks for between processes of one user namespace; between two it asks for
a capability that no application has. So where a fresh /proc is refused and the machine's own
shows foreign processes, they still cannot be read, traced or robbed of their sockets.

The other namespaces belong to the world's user namespace, not to the pod's: whoever gained every
right in the pod's would still have none over its network and mounts.
"""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.lab.world.enter import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_PDEATHSIG,
    drop_everything,
    prctl,
    setns,
    unshare,
)

_COMMAND = ("sleep", "2147483647")
_KINDS = {"mnt": "mnt", "uts": "uts", "ipc": "ipc", "pid": "pid", "pod_user": "user"}
"""What `enter` joins, and what the kernel calls it under /proc/PID/ns."""

_ONE_WALL = (
    "its PID namespace alone keeps it from the processes of others. Raise the sysctl "
    "user.max_user_namespaces"
)
_FIRST_OTHER_DESCRIPTOR = 3
_MOST_DESCRIPTORS = 1 << 16


@dataclass(frozen=True, slots=True)
class Pause:
    """The first process of a pod, descriptors of its namespaces by kind, and notes for people."""

    pid: int
    namespaces: Mapping[str, int]
    notes: tuple[str, ...]

    def end(self) -> None:
        """Kill it, and with it every process of the pod; back when all are gone."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        for descriptor in self.namespaces.values():
            os.close(descriptor)


def start(network: Path, build: Callable[[], list[str]]) -> Pause:
    """A first process in the network namespace at `network`, with the mounts that `build` makes.

    `build` runs in the new namespaces, with every right over them, and returns notes.
    """
    from_child, to_parent = os.pipe()
    from_parent, to_child = os.pipe()
    child = _fork_into_new_pids()
    if child == 0:
        os.close(to_child)
        _in_child(network, build, to_parent, from_parent)
    os.close(to_parent)
    os.close(from_parent)
    try:
        with os.fdopen(from_child, "rb") as answers:
            notes = _checked(answers.readline() or b'{"error": "the child died"}')["notes"]
            if _has_users_of_its_own(child):
                _map_users(child)
            namespaces = _held(child)
            os.write(to_child, b"!")
            for line in answers:
                _checked(line)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(to_child)
    return Pause(child, namespaces, tuple(notes))


def _fork_into_new_pids() -> int:
    """Fork a child that is number 1 of a new PID namespace; its number here, and there 0.

    Who has asked for a PID namespace cannot go back on it without rights over the machine's own,
    so a process in between asks and ends; its child is then ours.
    """
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    number, tell = os.pipe()
    between = os.fork()
    if between == 0:
        child = _child_of_its_own(tell)
        os.close(number)
        os.close(tell)
        return child
    os.close(tell)
    os.waitpid(between, 0)
    with os.fdopen(number, "rb") as pipe:
        child = int(pipe.read())
    if child < 0:
        raise OSError(-child, f"no PID namespace: {os.strerror(-child)}")
    return child


def _child_of_its_own(tell: int) -> int:
    """In the process in between: 0 in the child; tell its number, or a negative errno, and end."""
    try:
        unshare(CLONE_NEWPID)
        child = os.fork()
    except OSError as refused:
        child = -(refused.errno or errno.EPERM)
    if child:
        os.write(tell, str(child).encode())
        os._exit(0)
    return 0


def _checked(line: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise OSError(answer.get("errno") or 0, answer["error"])
    return answer


def _held(child: int) -> dict[str, int]:
    """Descriptors of the child's namespaces, but for a user namespace that is still ours."""
    paths = {kind: f"/proc/{child}/ns/{name}" for kind, name in _KINDS.items()}
    if not _has_users_of_its_own(child):
        del paths["pod_user"]
    return {kind: os.open(path, os.O_RDONLY | os.O_CLOEXEC) for kind, path in paths.items()}


def _has_users_of_its_own(child: int) -> bool:
    return os.readlink(f"/proc/{child}/ns/user") != os.readlink("/proc/self/ns/user")


def _map_users(child: int) -> None:
    """Give every user and group that the world knows its own number in the pod."""
    for name in ("uid_map", "gid_map"):
        lines = [line.split() for line in Path("/proc/self", name).read_text().splitlines()]
        mapped = "".join(f"{inside} {inside} {count}\n" for inside, _, count in lines)
        Path(f"/proc/{child}", name).write_text(mapped)


def _in_child(
    network: Path, build: Callable[[], list[str]], to_parent: int, from_parent: int
) -> None:
    """Build, tell, wait until the parent holds the namespaces, and become the pause; no return."""
    try:
        notes = _built(network, build)
        os.write(to_parent, json.dumps({"notes": notes}).encode() + b"\n")
        if os.read(from_parent, 1):
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            os.write(to_parent, b"{}\n")  # fails if the parent ended before it could take us along
            _keep_only(to_parent)
            os.execvpe(_COMMAND[0], _COMMAND, {"PATH": os.environ.get("PATH", os.defpath)})
    except BaseException as refused:
        # A forked child must not unwind into its parent's code; the parent raises this instead.
        answer = {"error": str(refused), "errno": getattr(refused, "errno", None)}
        os.write(to_parent, json.dumps(answer).encode() + b"\n")
    os._exit(1)


def _built(network: Path, build: Callable[[], list[str]]) -> list[str]:
    """Make every namespace, the pod's own user namespace last, and give up all rights."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    descriptor = os.open(network, os.O_RDONLY | os.O_CLOEXEC)
    setns(descriptor, CLONE_NEWNET)
    unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC)
    notes = build()
    try:
        unshare(CLONE_NEWUSER)
    except OSError as refused:
        notes.append(f"no user namespace of the pod's own ({refused.strerror}): {_ONE_WALL}")
    drop_everything()
    return notes


def _keep_only(descriptor: int) -> None:
    """Let go of all that the anchor has open, so that nobody in the pod finds it here."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for number in range(_FIRST_OTHER_DESCRIPTOR):
        os.dup2(nothing, number)
    os.closerange(_FIRST_OTHER_DESCRIPTOR, descriptor)
    os.closerange(descriptor + 1, _MOST_DESCRIPTORS)

"""Run a command inside a pod: join its namespaces, give up what it must not have, exec.

Run as `python -I -S enter.py [--user P] [--net P] [--uts P] [--mnt P] [--drop] [--cwd D]
[--lab D] [--die-with-parent] -- ARGV…`, with the standard library alone, because Python 3.11
has no os.setns and a fork hook in a process with threads can deadlock. The user who owns the
world's user namespace may do this from outside, with no privilege.

Order matters. Every path is opened first, because after the user namespace is joined this
process is no longer readable to itself. The user namespace comes first, since it gives the
right to join the others. The parent-death signal comes last, since a change of credentials
clears it.

A dropped command has no capability, can never regain one (empty bounding set, no_new_privs),
and so cannot set a mark, touch nftables or join another pod. Any other command keeps what
Envoy and the resolver need on the network and nothing else.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import struct
import sys
from collections.abc import Sequence

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWNET = 0x4000_0000

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
PR_CAP_AMBIENT_CLEAR_ALL = 4

CAP_NET_BIND_SERVICE = 10
CAP_NET_ADMIN = 12
CAP_NET_RAW = 13
NETWORK_CAPABILITIES = (CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW)
LAB_VARIABLE = "GOSSAMER_LAB"
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION_3 = 0x2008_0522

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def setns(descriptor: int, kind: int) -> None:
    """Join the namespace behind `descriptor`, which must be of `kind` (a CLONE_NEW… number)."""
    _check(_libc.setns(descriptor, kind), "setns")


def unshare(kinds: int) -> None:
    """Leave the namespaces of `kinds` for new ones of this process's own."""
    _check(_libc.unshare(kinds), "unshare")


def prctl(option: int, first: int = 0, second: int = 0) -> int:
    """One process control; returns the kernel's answer, raises OSError when it refuses."""
    numbers = [ctypes.c_ulong(number) for number in (first, second, 0, 0)]
    result: int = _libc.prctl(ctypes.c_int(option), *numbers)
    _check(result, f"prctl {option}")
    return result


def capset(effective: int, inheritable: int) -> None:
    """Set this process's permitted and effective capabilities, and the inheritable ones."""
    header = struct.pack("=II", _CAPABILITY_VERSION_3, 0)
    halves = [
        struct.pack(
            "=III", *[mask >> shift & 0xFFFF_FFFF for mask in _masks(effective, inheritable)]
        )
        for shift in (0, 32)
    ]
    _check(_libc.capset(header, b"".join(halves)), "capset")


def _masks(effective: int, inheritable: int) -> tuple[int, int, int]:
    return effective, effective, inheritable


def drop_everything() -> None:
    """Give up every capability, now and through any later exec."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    _bound(())
    capset(0, 0)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def keep_network() -> None:
    """Keep the network capabilities through exec, and give up every other one."""
    held = [number for number in NETWORK_CAPABILITIES if prctl(PR_CAPBSET_READ, number)]
    _bound(held)
    mask = sum(1 << number for number in held)
    capset(mask, mask)
    for number in held:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number)


def _bound(keep: Sequence[int]) -> None:
    """Shrink the bounding set to `keep`; capabilities this kernel does not know end the walk."""
    for number in range(_LAST_CAPABILITY + 1):
        try:
            held = prctl(PR_CAPBSET_READ, number)
        except OSError:
            return
        if held and number not in keep:
            prctl(PR_CAPBSET_DROP, number)


def die_with(parent: int) -> None:
    """Be killed when `parent` ends; end now if it already has."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(128 + signal.SIGKILL)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What to join, what to give up and what to run."""
    parser = argparse.ArgumentParser(prog="enter.py", allow_abbrev=False)
    for kind in ("user", "net", "uts", "mnt"):
        parser.add_argument(f"--{kind}", metavar="PATH")
    parser.add_argument("--cwd", metavar="DIR")
    parser.add_argument("--lab", metavar="DIR", help="whose this process is, for a later sweep")
    parser.add_argument("--drop", action="store_true")
    parser.add_argument("--die-with-parent", action="store_true")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args(argv)
    asked.command = asked.command[asked.command[:1] == ["--"] :]
    if not asked.command:
        parser.error("nothing to run; put the command after --")
    return asked


def join(asked: argparse.Namespace) -> None:
    """Join the namespaces asked for: user first, then the rest."""
    kinds = {
        "user": CLONE_NEWUSER,
        "net": CLONE_NEWNET,
        "uts": CLONE_NEWUTS,
        "mnt": CLONE_NEWNS,
    }
    paths = {kind: getattr(asked, kind) for kind in kinds if getattr(asked, kind)}
    opened = {kind: os.open(path, os.O_RDONLY | os.O_CLOEXEC) for kind, path in paths.items()}
    for kind, descriptor in opened.items():
        setns(descriptor, kinds[kind])
    for descriptor in opened.values():
        os.close(descriptor)


def main() -> None:
    """Enter, give up, exec; a failure names what could not be done and exits 126 or 127."""
    parent = os.getppid()
    asked = arguments()
    if asked.lab:
        os.environ[LAB_VARIABLE] = asked.lab
    try:
        joined = asked.user or asked.net or asked.mnt
        cwd = asked.cwd or os.getcwd()
        join(asked)
        if asked.drop:
            drop_everything()
        elif joined:
            keep_network()
        if asked.mnt or asked.cwd:
            os.chdir(cwd)
        if asked.die_with_parent:
            die_with(parent)
    except OSError as refused:
        sys.exit(_complain(asked.command[0], refused, 126))
    try:
        os.execvp(asked.command[0], asked.command)
    except OSError as refused:
        sys.exit(_complain(asked.command[0], refused, 127))


def _complain(command: str, refused: OSError, status: int) -> int:
    where = f" ({refused.filename})" if refused.filename else ""
    print(f"gossamer: {command} was not started: {refused.strerror}{where}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()

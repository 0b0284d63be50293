"""Run a command inside a pod: join its namespaces, give up what it must not have, exec.

Run as `python -I -S enter.py [--user P] [--net P] [--uts P] [--ipc P] [--mnt P] [--pid P]
[--pod-user P] [--drop] [--cwd D] [--lab D] [--die-with-parent]
[--terminal] -- ARGV…`, with the standard
library alone, because Python 3.11 has no os.setns and a fork hook in a process with threads can
deadlock. The user who owns the world's user namespace may do this from outside, with no
privilege.

Order matters. Every path is opened first, because after the user namespace is joined this
process is no longer readable to itself. The world's user namespace comes first, since it gives
the right to join the others, and the pod's own comes last, since it takes that right away. The
parent-death signal comes at the end, since a change of credentials clears it.

A process cannot move into another PID namespace, only its children are born there. So with
`--pid` the command is run by a child, and this process stays outside as its stand-in: it passes
signals on and ends as the command ended, so whoever started it need not know.

A dropped command has no capability, can never regain one (empty bounding set, no_new_privs),
and so cannot set a mark, touch nftables or join another pod. Any other command keeps what
Envoy and the resolver need on the network and nothing else.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import resource
import signal
import struct
import sys
import termios
from collections.abc import Callable, Sequence
from typing import NoReturn

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_READ = 23
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
PR_CAP_AMBIENT_CLEAR_ALL = 4

CAP_NET_BIND_SERVICE = 10
CAP_NET_ADMIN = 12
CAP_NET_RAW = 13
NETWORK_CAPABILITIES = (CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW)
LAB_VARIABLE = "GOSSAMER_LAB"
_KINDS = {
    "user": CLONE_NEWUSER,
    "pid": CLONE_NEWPID,
    "net": CLONE_NEWNET,
    "uts": CLONE_NEWUTS,
    "ipc": CLONE_NEWIPC,
    "mnt": CLONE_NEWNS,
    "pod_user": CLONE_NEWUSER,
}
"""What can be joined, in the order of joining."""

_NOT_PASSED_ON = {"SIGKILL", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"} | {
    *("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS")
}
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


def lead_session() -> None:
    """Run on a terminal of the pod's own, in a session of its own, so that Ctrl-C and the shell's
    job control stay inside of the pod and programs find their terminal by its name.

    Standard input is a Unix socket: from it come the eight bytes of a window's size, and over it
    goes the terminal's other end.
    """
    import socket

    asker = socket.socket(fileno=os.dup(0))
    size = asker.recv(8)
    other_end, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    socket.send_fds(asker, [b"t"], [other_end])
    asker.close()
    os.close(other_end)
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for standard in (0, 1, 2):
        os.dup2(terminal, standard)
    os.close(terminal)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What to join, what to give up and what to run."""
    parser = argparse.ArgumentParser(prog="enter.py", allow_abbrev=False)
    for kind in _KINDS:
        parser.add_argument(f"--{kind.replace('_', '-')}", metavar="PATH")
    parser.add_argument("--cwd", metavar="DIR")
    parser.add_argument("--lab", metavar="DIR", help="whose this process is, for a later clean-up")
    parser.add_argument("--drop", action="store_true")
    parser.add_argument("--die-with-parent", action="store_true")
    parser.add_argument(
        "--terminal",
        action="store_true",
        help="a terminal of the pod, whose other end goes over stdin",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args(argv)
    asked.command = asked.command[asked.command[:1] == ["--"] :]
    if not asked.command:
        parser.error("nothing to run; put the command after --")
    return asked


def opened(asked: argparse.Namespace) -> dict[str, int]:
    """A descriptor for each namespace asked for, by kind and in the order of joining."""
    paths = {kind: getattr(asked, kind) for kind in _KINDS if getattr(asked, kind)}
    return {kind: os.open(path, os.O_RDONLY | os.O_CLOEXEC) for kind, path in paths.items()}


def join(namespaces: dict[str, int], *kinds: str) -> None:
    """Join those of `kinds` that were asked for."""
    for kind in kinds:
        if kind in namespaces:
            setns(namespaces[kind], _KINDS[kind])
            os.close(namespaces[kind])


class StandIn:
    """The two processes of a command in another PID namespace: it, and who stands for it here.

    Made before the fork. In the child, `getppid` says 0 whether the parent lives or not, so it is
    the parent's answer over a pipe that shows it.
    """

    def __init__(self) -> None:
        self._passed_on = {
            number
            for number in signal.valid_signals()
            if getattr(number, "name", "") not in _NOT_PASSED_ON
        }
        self._heard, self._ask = os.pipe()
        self._answered, self._answer = os.pipe()
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._passed_on)

    def command_dies_too(self) -> None:
        """In the child: be killed when the stand-in ends; end now if it already has."""
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.close(self._answer)
        os.write(self._ask, b"?")
        if not os.read(self._answered, 1):
            sys.exit(128 + signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def stand(self, child: int) -> NoReturn:
        """In the parent: pass signals on until the command ends, and end as it did.

        A signal of the terminal's reaches the command by itself, since both are in one group.
        """
        os.close(self._ask)
        if os.read(self._heard, 1):
            os.write(self._answer, b"!")
        while True:
            notice = signal.sigwaitinfo(self._passed_on)
            if notice.si_signo == signal.SIGCHLD:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    self._end_like(os.waitstatus_to_exitcode(status))
            elif notice.si_code <= 0:
                os.kill(child, notice.si_signo)

    def _end_like(self, status: int) -> NoReturn:
        if status < 0:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if -status not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(-status, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            os.kill(os.getpid(), -status)
        os._exit(status if status >= 0 else 128 - status)


def fork_inside(namespaces: dict[str, int], dies: Callable[[], None]) -> Callable[[], None]:
    """Go on as a child in the PID namespace; how this child in turn dies with its parent.

    The parent, which never returns from here, gives up all rights, and `dies` as was asked.
    """
    pair = StandIn()
    join(namespaces, "pid")
    child = os.fork()
    if child:
        drop_everything()
        prctl(PR_SET_DUMPABLE, 1)
        dies()
        pair.stand(child)
    return pair.command_dies_too


def enter(asked: argparse.Namespace, parent: int) -> None:
    """Be where the command is to run, with what it may have."""
    cwd = asked.cwd or os.getcwd()
    namespaces = opened(asked)
    joined = bool(namespaces)

    def dies() -> None:
        if asked.die_with_parent:
            die_with(parent)

    join(namespaces, "user")
    if "pid" in namespaces:
        dies = fork_inside(namespaces, dies)
    join(namespaces, "net", "uts", "ipc", "mnt", "pod_user")
    if asked.drop:
        drop_everything()
    elif joined:
        keep_network()
    if asked.mnt or asked.cwd:
        os.chdir(cwd)
    if asked.terminal:
        lead_session()
    dies()


def main() -> None:
    """Enter, give up, exec; a failure names what could not be done and exits 126 or 127."""
    parent = os.getppid()
    asked = arguments()
    environ = {**os.environ, LAB_VARIABLE: asked.lab} if asked.lab else os.environ
    try:
        enter(asked, parent)
    except OSError as refused:
        sys.exit(_complain(asked.command[0], refused, 126))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and exec would hand that on
    try:
        os.execvpe(asked.command[0], asked.command, environ)
    except OSError as refused:
        sys.exit(_complain(asked.command[0], refused, 127))


def _complain(command: str, refused: OSError, status: int) -> int:
    where = f" ({refused.filename})" if refused.filename not in (None, command) else ""
    print(f"gossamer: {command} was not started: {refused.strerror}{where}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()

"""Does this machine allow a lab, and a big enough one?"""

from __future__ import annotations

from collections.abc import Callable

from gossamer.cli.checks.facts import Machine
from gossamer.cli.checks.verdict import Area, Check, CheckVerdict, error, fine, skipped, warning
from gossamer.lab.preflight import Problem

MIB, GIB = 1 << 20, 1 << 30
_TRIED = ("bridge", "veth", "nftables", "overlay", "ipv6")
_NETWORKED = ("nfs", "nfs4", "cifs", "smb3", "9p", "vboxsf", "fuse.sshfs")
_OLDEST_KERNEL, _OVERLAY_KERNEL = (5, 4), (5, 11)


def _system(seen: Machine) -> CheckVerdict:
    if seen.system != "linux":
        return error(
            f"this is {seen.system}; a lab is made of Linux namespaces, so none can run",
            "Use Linux, or a Linux virtual machine (WSL 2 will do)",
        )
    version = _version(seen.kernel)
    if version < _OLDEST_KERNEL:
        return error(
            f"Linux {seen.kernel} is older than 5.4 and lacks what a lab needs (pidfd)",
            "Update the kernel to 5.11 or later",
        )
    if version < _OVERLAY_KERNEL and not seen.root:
        return warning(
            f"Linux {seen.kernel} has no overlay for ordinary users; "
            "applications can write to their volumes, /tmp and /run alone",
            "Update the kernel to 5.11 or later, or run gossamer as root",
        )
    return fine(f"Linux {seen.kernel}")


def _version(kernel: str) -> tuple[int, int]:
    """`6.1.0-21-amd64` is (6, 1)."""
    major, _, rest = kernel.partition(".")
    digits = rest.partition(".")[0].partition("-")[0]
    return (int(major) if major.isdigit() else 0, int(digits) if digits.isdigit() else 0)


def _python(seen: Machine) -> CheckVerdict:
    name = ".".join(map(str, seen.python))
    if seen.python < (3, 11):
        return error(f"Python {name} is older than 3.11", "Install Python 3.11 or later")
    return fine(f"Python {name}")


def part_of(obstacle: Problem) -> str:
    """The part of the kernel that an obstacle of the lab's ground speaks of."""
    if obstacle.what.startswith("the path"):
        return "path"
    head = obstacle.what.partition(":")[0]
    return head if head in _TRIED else "namespaces"


def _ground(part: str, works: str) -> Callable[[Machine], CheckVerdict]:
    """The verdict on one part of what was tried in a throw-away world."""

    def look(seen: Machine) -> CheckVerdict:
        by_part = {part_of(each): each for each in seen.obstacles}
        if part in _TRIED and "namespaces" in by_part:
            return skipped("there is no namespace to try it in")
        if part not in by_part:
            return fine(works)
        each = by_part[part]
        verdict = error if each.fatal else warning
        return verdict(f"{each.what}: {each.effect}", each.remedy)

    return look


def _open_files(seen: Machine) -> CheckVerdict:
    remedy = "Raise it: `ulimit -n 8192`, or LimitNOFILE= of your session"
    if seen.open_files < 256:
        return error(f"only {seen.open_files} open files are allowed; proxies need more", remedy)
    if seen.open_files < 1024:
        return warning(
            f"{seen.open_files} open files are allowed; a busy proxy runs out of them", remedy
        )
    return fine(f"{seen.open_files} open files")


def _processes(seen: Machine) -> CheckVerdict:
    limits = [limit for limit in (seen.processes, seen.pid_max) if limit is not None]
    if min(limits) < 1024:
        return warning(
            f"only {min(limits)} processes and threads are allowed; an Envoy has about 7 threads",
            "Raise it: `ulimit -u 8192`, or the pids.max of your control group",
        )
    return fine(f"{min(limits)} processes and threads")


def _inotify(seen: Machine) -> CheckVerdict:
    if seen.inotify_instances < 16:
        return warning(
            f"fs.inotify.max_user_instances is {seen.inotify_instances}; "
            "a lab's edges take 4 of them to follow their endpoints",
            "Raise it: `sudo sysctl -w fs.inotify.max_user_instances=128`",
        )
    return fine(f"{seen.inotify_instances} inotify instances")


def _memory(seen: Machine) -> CheckVerdict:
    if seen.memory is None:
        return skipped("/proc/meminfo cannot be read")
    free = f"{seen.memory // MIB} MiB of memory are free"
    remedy = "End other programs, or run fewer pods; a pod with its proxy takes about 50 MiB"
    if seen.memory < 150 * MIB:
        return error(f"{free}; the kernel will end processes", remedy)
    if seen.memory < 512 * MIB:
        return warning(f"{free}; about ten pods", remedy)
    return fine(free)


def _home(seen: Machine) -> CheckVerdict:
    if seen.home_problem:
        return error(
            f"the state folder {seen.home} cannot be written: {seen.home_problem}",
            "Set GOSSAMER_HOME to a folder of yours",
        )
    return fine(f"{seen.home} can be written")


def _home_private(seen: Machine) -> CheckVerdict:
    if seen.home_mode & 0o022:
        return error(
            f"others may write in {seen.home} (mode {seen.home_mode:04o}), "
            "and so put another lab in the place of yours",
            f"Take it from them: `chmod go-w {seen.home}`",
        )
    return fine("no other user may write there")


def _home_filesystem(seen: Machine) -> CheckVerdict:
    if seen.home_filesystem in _NETWORKED:
        return warning(
            f"{seen.home} is on {seen.home_filesystem}, where sockets, locks and overlays "
            "work badly or not at all",
            "Set GOSSAMER_HOME to a folder on a local disk or in memory",
        )
    return fine(f"on {seen.home_filesystem}")


def _home_executes(seen: Machine) -> CheckVerdict:
    if seen.home_noexec:
        return warning(
            f"{seen.home} is mounted noexec: curl, wget and fortio of a lab cannot be run in pods "
            "where this machine has none",
            "Set GOSSAMER_HOME to a folder that is mounted without noexec",
        )
    return fine("programs may be run from there")


def _disk(seen: Machine) -> CheckVerdict:
    free = f"{seen.home_free // MIB} MiB are free at {seen.home}"
    remedy = "Make room, or set GOSSAMER_HOME to another disk; `gossamer down` ends old labs"
    few = seen.home_free_files is not None and seen.home_free_files < 1000
    if seen.home_free < 100 * MIB or few:
        return error(
            f"{free}{', and hardly any files' if few else ''}: changes are refused", remedy
        )
    if seen.home_free < GIB:
        return warning(f"{free}; logs will fill it", remedy)
    return fine(free)


def _xdg(seen: Machine) -> CheckVerdict:
    if seen.xdg_state is not None and not seen.xdg_state.startswith("/"):
        return warning(
            f"XDG_STATE_HOME is {seen.xdg_state!r}, which is not an absolute path: "
            "each folder you start gossamer in has labs of its own",
            "Set it to an absolute path, or unset it",
        )
    return fine("XDG_STATE_HOME is absolute" if seen.xdg_state else "the default place")


def _clock(seen: Machine) -> CheckVerdict:
    if seen.now < seen.installed_at - 86_400:
        return error(
            "the clock stands before the day gossamer was installed; "
            "certificates would not be valid yet, or end too late",
            "Set the clock, for example `sudo timedatectl set-ntp true`",
        )
    return fine("the clock is later than the installation")


def _resolver(seen: Machine) -> CheckVerdict:
    if not seen.resolvers:
        return warning(
            "/etc/resolv.conf names no resolver: pods find each other, "
            "but no name outside the mesh",
            "Add a nameserver line to /etc/resolv.conf",
        )
    return fine(f"outside names are asked of {seen.resolvers[0]}")


def _loopback(seen: Machine) -> CheckVerdict:
    if seen.loopback_problem:
        return error(
            f"127.0.0.1 cannot be listened on ({seen.loopback_problem}), so no gateway opens",
            "Bring the loopback interface up: `sudo ip link set lo up`",
        )
    return fine("127.0.0.1 can be listened on")


def _check(code: str, look: Callable[[Machine], CheckVerdict]) -> Check[Machine]:
    return Check(Area.MACHINE, code, look)


CHECKS: tuple[Check[Machine], ...] = (
    _check("linux", _system),
    _check("python", _python),
    _check("namespaces", _ground("namespaces", "namespaces can be made")),
    _check("bridge", _ground("bridge", "a bridge can be made")),
    _check("veth", _ground("veth", "pairs of interfaces can be made")),
    _check("nftables", _ground("nftables", "rules can be set")),
    _check("overlay", _ground("overlay", "pods write to folders of their own")),
    _check("ipv6", _ground("ipv6", "IPv6 works beside IPv4")),
    _check("open-files", _open_files),
    _check("processes", _processes),
    _check("inotify", _inotify),
    _check("memory", _memory),
    _check("clock", _clock),
    _check("loopback", _loopback),
    _check("host-resolver", _resolver),
    _check("state-folder", _home),
    _check("state-folder-private", _home_private),
    _check("state-folder-path", _ground("path", "its sockets' paths are short enough")),
    _check("state-folder-filesystem", _home_filesystem),
    _check("state-folder-executes", _home_executes),
    _check("state-folder-space", _disk),
    _check("state-folder-xdg", _xdg),
)

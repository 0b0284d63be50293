"""Does this machine allow what a lab needs? Looked at first, so that a refusal has a remedy.

The settings that are known to forbid it are read, and then it is really tried: a probe process
makes a user, network and mount namespace, a bridge, a veth pair, a rule and an overlay in it.
What the probe was refused and no setting explains is reported as the kernel said it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gossamer.agent.folder import LONGEST

SOCKET_PATH_LIMIT = 107
_LONGEST_NAME = len("/agent/") + LONGEST + len("/admin.sock")
_PROBE_TIMEOUT_S = 20.0
_SYSCTLS = Path("/proc/sys")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something this machine lacks. A fatal one prevents any lab; another takes a part away."""

    what: str
    effect: str
    remedy: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.what}: {self.effect}. {self.remedy}."


_NO_LAB = "no pod can be started"
_OR_ROOT = "or run gossamer as root"


def forbidding_settings(read: Callable[[str], str | None]) -> Iterator[Problem]:
    """Settings that forbid an ordinary user's namespaces; `read` gives a sysctl's text or None."""
    if read("user/max_user_namespaces") == "0":
        yield Problem(
            "user.max_user_namespaces is 0",
            _NO_LAB,
            f"Set it: `sudo sysctl -w user.max_user_namespaces=16384`, {_OR_ROOT}",
        )
    if read("kernel/unprivileged_userns_clone") == "0":
        yield Problem(
            "kernel.unprivileged_userns_clone is 0",
            _NO_LAB,
            f"Set it: `sudo sysctl -w kernel.unprivileged_userns_clone=1`, {_OR_ROOT}",
        )
    if read("kernel/apparmor_restrict_unprivileged_userns") == "1":
        yield Problem(
            "AppArmor restricts unprivileged user namespaces "
            "(kernel.apparmor_restrict_unprivileged_userns is 1)",
            _NO_LAB,
            "Set it: `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, give "
            f"this Python an AppArmor profile that allows `userns`, {_OR_ROOT}",
        )


_TRIED: dict[str, tuple[str, str, bool]] = {
    "namespaces": (
        _NO_LAB,
        f"Run on the machine itself or in a container that allows namespaces, {_OR_ROOT}",
        True,
    ),
    "bridge": (_NO_LAB, "Load the kernel module: `sudo modprobe bridge`", True),
    "veth": (_NO_LAB, "Load the kernel module: `sudo modprobe veth`", True),
    "nftables": (
        "no traffic can be led through the proxies",
        "Load the kernel modules: `sudo modprobe -a nf_tables nft_chain_nat nft_redir nft_reject "
        "nft_numgen nft_nat`",
        True,
    ),
    "overlay": (
        "applications can write to their volumes, /tmp and /run alone",
        "Use Linux 5.11 or later with overlayfs, and a GOSSAMER_HOME on ext4, xfs or tmpfs",
        False,
    ),
    "ipv6": (
        "the lab speaks IPv4 alone",
        "Boot without ipv6.disable=1 if you need IPv6",
        False,
    ),
}


def from_trial(refusals: dict[str, str]) -> Iterator[Problem]:
    """The probe's refusals (part to the kernel's reason) as obstacles."""
    for part, reason in refusals.items():
        effect, remedy, fatal = _TRIED[part]
        yield Problem(f"{part}: {reason}", effect, remedy, fatal)


def long_path(folder: Path) -> Iterator[Problem]:
    """A lab folder whose sockets' paths would not fit into 107 bytes."""
    spare = SOCKET_PATH_LIMIT - _LONGEST_NAME - len(os.fsencode(folder))
    if spare < 0:
        yield Problem(
            f"the path {folder} is {-spare} bytes too long",
            f"Unix sockets end at {SOCKET_PATH_LIMIT} bytes, so proxies could not be reached",
            "Set GOSSAMER_HOME to a shorter path",
        )


def preflight(folder: Path | None = None) -> tuple[Problem, ...]:
    """What stands in a lab's way on this machine, for this user; empty when nothing does.

    `folder` is the lab's, for its path's length and its file system.
    """
    refusals = _try(folder)
    settings = tuple(forbidding_settings(_sysctl)) if "namespaces" in refusals else ()
    if settings:
        refusals.pop("namespaces")
    paths = tuple(long_path(folder)) if folder is not None else ()
    return (*settings, *from_trial(refusals), *paths)


def _sysctl(name: str) -> str | None:
    try:
        return (_SYSCTLS / name).read_text().strip()
    except OSError:
        return None


def _try(folder: Path | None) -> dict[str, str]:
    """Run the probe; part to reason for what it was refused."""
    argv = [
        sys.executable,
        "-P",
        "-m",
        "gossamer.lab.preflight_probe",
        *([str(folder)] if folder else []),
    ]
    try:
        ran = subprocess.run(argv, capture_output=True, timeout=_PROBE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return {"namespaces": f"the probe did not end in {_PROBE_TIMEOUT_S:.0f} s"}
    if ran.returncode or not ran.stdout:
        reason = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return {"namespaces": reason or f"the probe ended with {ran.returncode}"}
    refusals: dict[str, str] = json.loads(ran.stdout)
    return refusals

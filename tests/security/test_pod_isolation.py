"""No pod reaches a process of another, of its own proxy or of the lab, and so none can take the
identity that such a process has: in a lab of root's, and in one of an ordinary user's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gossamer.lab.world import enter
from gossamer.lab.world.composition import MountPlan
from tests.lab.world.conftest import needs_namespaces, stage
from tests.lab.world.stage import A, B, Stage
from tests.security.walled_lab import SECRET_PIN, WalledLab, walled

__all__ = ["needs_namespaces", "stage", "walled"]

e2e = pytest.mark.e2e


def _with_children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(below for child in told for below in _with_children(int(child)))]


@e2e
@pytest.mark.parametrize("pod", ["deploy/attacker", "outsider"])
def test_no_process_outside_the_pod_can_be_reached(walled: WalledLab, pod: str) -> None:
    """Neither files, environment, memory, sockets nor signals of any process of the lab: other
    pods' containers, anybody's Envoy (the pod's own too), agent, plane, resolver, edges, holder."""
    own = pod.rpartition("/")[2]
    numbers = {
        name: number
        for name, pid in walled.pids().items()
        if not (name.startswith("container/") and own in name)
        for number in _with_children(pid)
    }
    assert {"holder", "plane", "agent", "dns"} <= set(numbers)
    assert any(name.startswith(f"envoy/default/{own}") for name in numbers) or own == "outsider"
    told = walled.tried(pod, "reach_processes.py", list(numbers.values()))
    reached = {number: ways for number, ways in told["worked"].items() if ways}
    assert reached == {}


@e2e
def test_a_pod_sees_its_own_processes_alone(walled: WalledLab) -> None:
    """`ps` shows the pod's first process, its containers and what was run in them."""
    shown = walled.tried("deploy/attacker", "reach_processes.py", [])["shown"]
    assert any(line.startswith("sleep ") for line in shown)
    assert not any(word in line for line in shown for word in ("envoy", "agent", "plane", "bank"))
    assert SECRET_PIN not in walled.exec(
        "deploy/attacker", "sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'"
    ).stdout  # fmt: skip


@e2e
def test_what_one_pod_leaves_another_does_not_find(walled: WalledLab) -> None:
    """System V IPC, memory and temporary folders, keyrings: each pod has its own."""
    left = walled.tried("deploy/bank", "reach_channels.py", "leave")
    assert {"shared memory", "semaphores", "message queue", "/dev/shm", "/tmp"} <= set(left)
    assert walled.tried("deploy/bank", "reach_channels.py", "find")[:5] == left[:5]
    assert walled.tried("deploy/attacker", "reach_channels.py", "find") == []


@e2e
def test_no_abstract_socket_of_others_is_seen(walled: WalledLab) -> None:
    """The pod's network has no abstract Unix socket but those of its containers: none."""
    table = walled.exec("deploy/attacker", "cat", "/proc/net/unix").stdout
    assert [line for line in table.splitlines() if "@" in line] == []


@e2e
def test_the_caller_is_who_it_is(walled: WalledLab) -> None:
    """For all of that, calls go on, and the server sees the attacker's own identity."""
    seen = walled.curl("deploy/attacker", "http://bank/headers")
    assert "URI=spiffe://cluster.local/ns/default/sa/default;DNS=attacker" in seen


@e2e
def test_containers_restart_and_end_in_their_pod(walled: WalledLab) -> None:
    """Init containers, signals, orphans, exit statuses: all as without walls."""
    assert walled.exec("outsider", "cat", "/data/prepared").stdout == "prepared\n"
    assert walled.exec("outsider", "sh", "-c", "exit 7", ok=False).returncode == 7
    killed = walled.exec("outsider", "sh", "-c", "kill -TERM $$", ok=False)
    assert killed.returncode in (-15, 128 + 15, 241)
    orphan = "sh -c '(sleep 0.01; exit 3) & exit 0'; sleep 0.3; grep -l '^State:.Z' /proc/*/status"
    assert walled.exec("outsider", "sh", "-c", orphan, ok=False).stdout == ""
    assert walled.exec("outsider", "sh", "-c", "kill -9 1; cat /proc/1/comm").stdout == "sleep\n"


async def _in(stage: Stage, key: str, *argv: str, without: str) -> tuple[int, str]:
    """Run in a pod, but leave one kind of namespace out, as if that wall were not there."""
    mnt = await stage.world.make_mounts(key, MountPlan("", "", hide=(str(stage.folder),)))
    entered = stage.world.enter(key, argv, mnt=mnt, drop=True, cwd="/")
    at = entered.index(without)
    ran = subprocess.run(entered[:at] + entered[at + 2 :], capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


async def test_even_a_process_that_can_be_named_cannot_be_reached(stage: Stage) -> None:
    """The second wall: with the pod's PID namespace left out, an attacker may name every process
    of the lab, and still it reads, traces and robs none."""
    await stage.pods(A, B)
    mnt = await stage.world.make_mounts(B, MountPlan("", ""))
    argv = stage.world.enter(B, ["sleep", "600"], mnt=mnt, drop=True, cwd="/")
    with subprocess.Popen(argv) as victim:
        try:
            numbers = [*_with_children(victim.pid), stage.world.pid]
            script = Path(__file__).with_name("reach_processes.py").read_text()
            python = (sys.executable, "-I", "-S", "-c", script, str(numbers))
            status, said = await _in(stage, A, *python, without="--pid")
            assert (status, _only_signals(said)) == (0, True), said
        finally:
            victim.kill()


def _only_signals(said: str) -> bool:
    ways = {way for ways in json.loads(said)["worked"].values() for way in ways}
    return ways <= {"kill", "priority"}


WITHOUT_USERS = """
import sys
from pathlib import Path
from gossamer.lab.world import kernel, pause
from gossamer.lab.world.composition import MountPlan
from gossamer.lab.world.mounts import build

kernel.new_world()
kernel.fresh("/run")
Path("/run/root").mkdir()
kernel.new_network(Path("/run/net"))
unshare, mount = pause.unshare, kernel.mount

def no_users(kinds):
    if kinds == 0x10000000:
        raise OSError(28, "No space left on device")
    unshare(kinds)

def no_proc(source, target, kind="", flags=0, options=""):
    if kind == "proc":
        raise PermissionError(1, "Operation not permitted")
    mount(source, target, kind, flags, options)

if sys.argv[2] == "users":
    pause.unshare = no_users
else:
    kernel.mount = no_proc
plan = MountPlan("", "")
own, root = Path(sys.argv[1], "pod"), Path("/run/root")
made = pause.start(Path("/run/net"), lambda: build(plan, own, root))
print("pod_user" in made.namespaces, *made.notes)
made.end()
"""


@pytest.mark.usefixtures("needs_namespaces")
@pytest.mark.parametrize(
    ("missing", "users", "note"),
    [("users", "False", "its PID namespace alone"), ("proc", "True", "a /proc of the pod's own")],
)
def test_a_wall_that_the_kernel_refuses_is_told(
    tmp_path: Path, missing: str, users: str, note: str
) -> None:
    """The pod starts with the other wall, and a note says which one is missing, and what helps."""
    argv = (sys.executable, "-c", WITHOUT_USERS, str(tmp_path), missing)
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    assert said.startswith(users)
    assert note in said


async def test_a_containers_first_process_has_no_way_back(stage: Stage) -> None:
    """Number 1 of a pod holds nothing of the world: no descriptor, no right, no environment."""
    await stage.pods(A)
    mnt = await stage.world.make_mounts(A, MountPlan("", ""))
    look = "ls -l /proc/1/fd | grep -vc /dev/null; grep Cap /proc/1/status; cat /proc/1/environ"
    _, said = await stage.run(A, "sh", "-c", look, mnt=mnt, drop=True, cwd="/")
    assert said.splitlines()[0] == "1"  # the line that says `total`
    assert said.count("0000000000000000") == 5
    assert enter.LAB_VARIABLE not in said
    assert str(os.getpid()) not in said

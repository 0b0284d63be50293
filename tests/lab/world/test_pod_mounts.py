"""What a pod sees of the disk, in a real mount namespace."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from gossamer.lab.world.composition import MountedVolume, MountPlan
from gossamer.lab.world.world import World
from tests.lab.world.stage import A, B, Stage, needs_plain_user

HOSTS = "127.0.0.1 localhost\n10.244.1.1 a\n"
RESOLV = "nameserver 10.244.0.1\nsearch default.svc.cluster.local\n"


@pytest.fixture
async def pod(stage: Stage) -> Stage:
    await stage.pods(A)
    return stage


async def shell(stage: Stage, mnt: Path, script: str, key: str = A) -> str:
    _, said = await stage.run(key, "sh", "-c", script, mnt=mnt, drop=True, cwd="/")
    return said


async def test_hosts_resolv_conf_and_hostname_are_the_pods_own(pod: Stage) -> None:
    """Also where the machine's /etc/resolv.conf is a link into /run."""
    before = Path("/etc/hosts").read_text()
    mnt = await pod.world.make_mounts(A, MountPlan(HOSTS, RESOLV, hostname="web-7d4"))
    said = await shell(pod, mnt, "cat /etc/hosts /etc/resolv.conf /etc/hostname; uname -n")
    assert said == f"{HOSTS}{RESOLV}web-7d4\nweb-7d4\n"
    assert Path("/etc/hosts").read_text() == before


async def test_volumes_appear_where_nothing_was(pod: Stage) -> None:
    """Mount points anywhere are made: below /, in /etc, behind links, on single files."""
    source = pod.folder / "source"
    source.mkdir()
    (source / "key").write_text("value")
    volumes = (
        MountedVolume("/data/deep", str(source)),
        MountedVolume("/etc/istio/config", str(source), read_only=True),
        MountedVolume("/var/run/secrets/token", str(source)),
        MountedVolume("/usr/share/one-file.conf", str(source / "key")),
        MountedVolume("/tmp/scratch", str(source)),
    )
    mnt = await pod.world.make_mounts(A, MountPlan(HOSTS, RESOLV, volumes))
    files = "/data/deep/key /etc/istio/config/key /var/run/secrets/token/key"
    said = await shell(pod, mnt, f"cat {files} /usr/share/one-file.conf /tmp/scratch/key")
    assert said == "value" * 5
    said = await shell(pod, mnt, "echo new > /data/deep/made; echo new > /etc/istio/config/made")
    assert (source / "made").read_text() == "new\n"
    assert "Read-only file system" in said
    assert not os.path.exists("/data/deep")


async def test_what_a_pod_writes_stays_in_the_pod(pod: Stage) -> None:
    """The machine's folders look writable where their user may write, and are not touched."""
    home = str(Path.home())
    mnt = await pod.world.make_mounts(A, MountPlan(HOSTS, RESOLV))
    assert pod.world.notes[A] == ()
    await shell(pod, mnt, f"echo x > {home}/written-by-pod; echo x > /etc/written-by-pod")
    assert await shell(pod, mnt, f"cat {home}/written-by-pod /etc/written-by-pod") == "x\nx\n"
    assert not os.path.exists(f"{home}/written-by-pod")
    assert not os.path.exists("/etc/written-by-pod")


async def test_the_labs_folder_is_hidden_and_tmp_and_run_are_fresh(pod: Stage) -> None:
    """No socket of the lab's, and nothing that others left in /tmp or /run, is in sight."""
    (pod.folder / "secret.sock").touch()
    plan = MountPlan(HOSTS, RESOLV, hide=(str(pod.folder),))
    mnt = await pod.world.make_mounts(A, plan)
    said = await shell(pod, mnt, f"ls -A {pod.folder}; ls -A /run; ls -A /tmp")
    assert "secret" not in said
    assert "netns" not in said


async def test_the_machines_settings_cannot_be_written(pod: Stage) -> None:
    """/proc/sys and /sys are read-only and the disk is no device here, for root's pods too."""
    mnt = await pod.world.make_mounts(A, MountPlan(HOSTS, RESOLV))
    for path in ("/proc/sys/net/ipv4/ip_unprivileged_port_start", "/sys/kernel/profiling"):
        said = await shell(pod, mnt, f"test ! -e {path} || echo 0 > {path}")
        assert said == "" or "Read-only" in said or "Permission denied" in said
    unmount = (
        "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.umount2(b'/proc/sys', 2); print(os.strerror(ctypes.get_errno()))"
    )
    argv = (sys.executable, "-I", "-S", "-c", unmount)
    assert "not permitted" in (await pod.run(A, *argv, mnt=mnt, drop=True))[1]


async def test_the_usual_devices_and_no_other(pod: Stage) -> None:
    """/dev has what container engines give, and works."""
    mnt = await pod.world.make_mounts(A, MountPlan(HOSTS, RESOLV))
    script = "ls /dev; echo x > /dev/null; head -c 3 /dev/zero | wc -c; echo y > /dev/shm/y"
    said = await shell(pod, mnt, script + "; echo out > /dev/stderr")
    devices, _, rest = said.partition("3\n")
    assert set(devices.split()) <= {
        *("null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr"),
        *("pts", "ptmx", "shm"),
    }
    assert "Permission denied" in rest or rest == "out\n"


async def test_the_applications_own_files_stay_readable(pod: Stage) -> None:
    """This Python, this source tree and the folder one stands in are there."""
    mnt = await pod.world.make_mounts(A, MountPlan(HOSTS, RESOLV))
    code = "import gossamer, os; print(gossamer.__file__, os.getcwd())"
    _, said = await pod.run(A, sys.executable, "-c", code, mnt=mnt, drop=True)
    assert said.endswith(f"{os.getcwd()}\n")


async def test_two_pods_do_not_share_what_they_write(pod: Stage) -> None:
    """Each has its own /tmp and its own upper layers; one made anew starts empty."""
    await pod.pods(B)
    plan = MountPlan(HOSTS, RESOLV)
    first, second = await pod.world.make_mounts(A, plan), await pod.world.make_mounts(B, plan)
    await shell(pod, first, "echo a > /tmp/mine; echo a > /etc/mine")
    assert "No such file" in await shell(pod, second, "cat /tmp/mine", B)
    assert "No such file" in await shell(pod, second, "cat /etc/mine", B)
    again = await pod.world.make_mounts(A, plan)
    assert "No such file" in await shell(pod, again, "cat /etc/mine")


async def test_another_pods_view_cannot_be_entered(pod: Stage) -> None:
    """A removed pod's mount namespace is let go."""
    mnt = await pod.world.make_mounts(A, MountPlan(HOSTS, RESOLV))
    await pod.world.remove_pod(A)
    await pod.pods(A)
    assert not mnt.exists()


WITHOUT_OVERLAY = """
import os, sys
from pathlib import Path
from gossamer.lab.world import enter
from gossamer.lab.world import kernel
from gossamer.lab.world.composition import MountPlan, MountedVolume
from gossamer.lab.world.mounts import build

def refuse(*_):
    raise OSError(22, "Invalid argument")

kernel.overlay = refuse
kernel.new_world()
folder, source = Path(sys.argv[1], "pod"), Path(sys.argv[1], "source")
kernel.fresh("/run")
Path("/run/root").mkdir()
volumes = (MountedVolume("/data", str(source)), MountedVolume("/etc/deep/er", str(source)))
enter.unshare(enter.CLONE_NEWNS)
notes = build(MountPlan("own hosts", "own resolv", volumes), folder, Path("/run/root"))
print(Path("/etc/hosts").read_text(), Path("/etc/resolv.conf").read_text())
told = [note for note in notes if "overlay" in note]
print(Path("/data/key").read_text(), Path("/etc/deep/er/key").read_text(), *told)
print(*(os.statvfs(path).f_flag & os.ST_RDONLY for path in ("/usr", "/var", "/data")))
print(os.path.exists("/usr/bin/env"), os.path.exists("/etc/passwd"))
"""


@pytest.mark.usefixtures("needs_namespaces")
async def test_where_overlayfs_is_refused_everything_is_bound(tmp_path: Path) -> None:
    """The pod still has its own files and volumes, may write to nothing of the machine's, and a
    note says so."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "key").write_text("value")
    argv = (sys.executable, "-c", WITHOUT_OVERLAY, str(tmp_path))
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    first, second, third, fourth = said.decode().splitlines()
    assert first == "own hosts own resolv"
    assert second.startswith("value value overlayfs is refused here (Invalid argument): ")
    assert (third, fourth) == ("1 1 0", "True True")
    assert not os.path.exists("/data")
    assert not os.path.exists("/etc/deep")


@needs_plain_user
async def test_the_lab_may_live_under_run(stage: Stage) -> None:
    """A world has a /run of its own, and still sees a lab folder that lies there."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"), "gossamer-test")
    if not folder.parent.is_dir():
        pytest.skip("this user has no XDG_RUNTIME_DIR")
    folder.mkdir(exist_ok=True)
    world = await World.start(folder)
    await world.add_pod(A, ("10.244.1.1",))
    assert (await world.make_mounts(A, MountPlan(HOSTS, RESOLV))).exists()
    await world.close()

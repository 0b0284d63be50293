"""What a pod writes reaches nothing of the machine's, nor what the lab gave it to read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from gossamer.lab.holder.pods.pod_sandbox import out_of_the_pod
from gossamer.lab.plan.pod.pod import Container, Mount, PodPlan
from gossamer.lab.plan.pod.volumes import Volume
from gossamer.lab.world.composition import MountPlan
from tests.lab.world.conftest import needs_namespaces, stage
from tests.lab.world.stage import A, Stage
from tests.security.walled_lab import WalledLab, walled

__all__ = ["needs_namespaces", "stage", "walled"]

FOLDERS = ("/", "/etc", "/usr", "/var/tmp", "/var/log", "/home", "/root", "/opt", "/srv", "/mnt")
NOT_OURS = ("/proc/sys", "/sys", "/sys/fs/cgroup", "/sys/kernel", "/dev/pts", "/proc")
ITS_OWN_FILES = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")
SETTINGS = (
    *("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches"),
    *("/etc/settings/colour", "/etc/pin/pin", "/etc/both/pin", "/etc/both/name"),
)


@pytest.mark.e2e
@pytest.mark.parametrize("pod", ["outsider", "deploy/attacker"])
def test_no_write_reaches_the_machine(walled: WalledLab, pod: str) -> None:
    """Folders take writes that end with the pod; settings, devices' modes, terminals, files of
    ConfigMaps, Secrets and the pod's fields, and every mount of the machine's take none."""
    home = os.environ.get("HOME", "/")
    folders = [*FOLDERS, home, *NOT_OURS, "/etc/settings", "/etc/pin", "/etc/both", "/data"]
    told: Mapping[str, list[str]]
    told = walled.tried(pod, "write_everywhere.py", folders, list(SETTINGS))
    volumes = ["/data"] if pod == "outsider" else []
    assert sorted(told["mounts"]) == sorted([*volumes, *ITS_OWN_FILES])
    assert told["changed"] == told["devices"] == told["terminals"] == []
    assert not {*NOT_OURS, "/etc/settings", "/etc/pin", "/etc/both"} & set(told["written"])
    assert set(volumes) <= set(told["written"])
    if walled.uid is None and os.geteuid() == 0:  # folders of root's take no writes of others
        assert {"/etc", "/usr", "/var/tmp"} <= set(told["written"])
    machine = [Path(folder, "gossamer-was-here") for folder in (*FOLDERS, home)]
    assert [str(path) for path in machine if os.path.exists(path)] == []


async def test_the_folder_that_up_was_started_in_is_read_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is seen although /tmp is fresh, since programs may lie there, and takes no writes."""
    with tempfile.TemporaryDirectory(dir="/tmp") as started_in:
        Path(started_in, "program").write_text("#!/bin/sh\necho runs\n")
        Path(started_in, "program").chmod(0o755)
        monkeypatch.chdir(started_in)
        await stage.pods(A)
        mnt = await stage.world.make_mounts(A, MountPlan("", ""))
        script = "./program; echo x > program; echo y > new; rm -f program; ls"
        how = {"mnt": mnt, "drop": True, "cwd": started_in}
        _, said = await stage.run(A, "sh", "-c", script, **how)
        assert said.startswith("runs\n")
        assert said.endswith("program\n")
        assert os.listdir(started_in) == ["program"]
        assert Path(started_in, "program").read_text().endswith("runs\n")


@pytest.mark.parametrize(
    ("container", "volume", "sub_path", "said"),
    [
        ("../../evil", "own", "", "container name '../../evil'"),
        ("app", "../../x", "", "volume name '../../x'"),
        ("app", "own", "../../../../etc", "subPath '../../../../etc' leads out"),
        ("app", "own", "/etc", "subPath '/etc' leads out"),
        ("app", "own", "a/../../b", "subPath 'a/../../b' leads out"),
        ("app", "own", "a..b/c", ""),
    ],
)
def test_no_name_leads_out_of_the_pods_folder(
    container: str, volume: str, sub_path: str, said: str
) -> None:
    """A pod with such a name does not start, and the reason quotes it."""
    mounts = (Mount(volume, "/data", sub_path),)
    plan = PodPlan(
        namespace="default",
        name="pod",
        workload="default/pod",
        kind="Pod",
        template="",
        containers=(Container(container, "busybox", ("true",), mounts=mounts),),
        volumes=(Volume(volume),),
    )
    assert said in out_of_the_pod(plan) if said else out_of_the_pod(plan) == ""

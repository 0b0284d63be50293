"""Problems have a name, an effect and a remedy, before anything is started."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from gossamer.lab.preflight import forbidding_settings, from_trial, long_path, preflight
from tests.lab.world.stage import needs_plain_user


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user/max_user_namespaces", "0"),
        ("kernel/unprivileged_userns_clone", "0"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1"),
    ],
)
def test_each_forbidding_setting_is_named_with_the_command_that_allows_it(
    name: str, value: str
) -> None:
    """The reader can copy the remedy."""
    (problem,) = forbidding_settings(lambda asked: value if asked == name else None)
    assert name.replace("/", ".") in problem.what
    assert f"sudo sysctl -w {name.replace('/', '.')}=" in problem.remedy
    assert problem.fatal


def test_an_ordinary_machine_has_no_forbidding_setting() -> None:
    """Settings that are absent or allow it are no problem."""
    values = {"user/max_user_namespaces": "96365", "kernel/unprivileged_userns_clone": "1"}
    assert list(forbidding_settings(values.get)) == []


def test_what_the_kernel_refused_is_quoted() -> None:
    """A lab can do without overlayfs and IPv6, and not without nftables."""
    refused = {"nftables": "Operation not supported", "overlay": "Invalid argument", "ipv6": "off"}
    nftables, overlay, ipv6 = from_trial(refused)
    assert "Operation not supported" in str(nftables)
    assert "modprobe" in nftables.remedy
    assert [o.fatal for o in (nftables, overlay, ipv6)] == [True, False, False]


def test_a_folder_too_deep_for_sockets_is_told_in_bytes() -> None:
    """Unix socket paths end at 107 bytes; the remedy is a shorter home."""
    (problem,) = long_path(Path("/" + "x" * 106))
    assert "bytes too long" in problem.what
    assert "GOSSAMER_HOME" in problem.remedy
    assert list(long_path(Path("/home/ann/.local/state/gossamer"))) == []


@pytest.mark.usefixtures("needs_namespaces")
def test_a_trial_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    """Looking is harmless."""
    assert [o for o in preflight(tmp_path) if o.fatal and "too long" not in o.what] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("needs_namespaces")
def test_a_users_own_modules_are_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project with a file named like one of Python's is a fine place to start a lab from."""
    (tmp_path / "random.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert [problem for problem in preflight() if problem.fatal] == []


REFUSED = """
import asyncio, json, sys
from pathlib import Path
from gossamer.lab.world import kernel as world_kernel
from gossamer.lab.preflight import preflight
from gossamer.lab.world.world import World, WorldRefused
world_kernel.new_world()
Path("/proc/sys/user/max_user_namespaces").write_text("0")
try:
    asyncio.run(World.start(Path(sys.argv[1])))
    told = ""
except WorldRefused as refused:
    told = str(refused)
print(json.dumps([told, *map(str, preflight())]))
"""


@needs_plain_user
@pytest.mark.usefixtures("needs_namespaces")
async def test_a_machine_that_forbids_it_says_so_and_names_the_remedy(tmp_path: Path) -> None:
    """`check` and every start alike; tried in a namespace where none further is allowed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", REFUSED, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    told, *problems = json.loads(said)
    assert "world could not be made" in told
    assert "user.max_user_namespaces" in told
    assert any("sudo sysctl -w user.max_user_namespaces=" in problem for problem in problems)

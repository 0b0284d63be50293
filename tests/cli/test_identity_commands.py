"""`gossamer identity`: what it shows, and what it says where there is nothing to show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.plan import agent_template
from tests.cli.command_line import CommandLine


@pytest.fixture
def signing(gossamer: CommandLine) -> Path:
    """A lab's authority that signed for three agents; the folder of its log."""
    folder = gossamer.home / "labs" / "default" / "plane" / "ca"
    authority = Authority.open(folder)
    for host in ("east", "west", "north"):
        authority.issue(agent_template(host))
    return folder / "issuance"


def test_the_log_is_shown_without_the_plane(gossamer: CommandLine, signing: Path) -> None:
    """Its file is enough."""
    ran = gossamer("identity", "log")
    assert (ran.status, ran.err) == (0, "")
    heads, *rows = ran.out.splitlines()
    assert heads.split()[:4] == ["SEQUENCE", "TIME", "EVENT", "IDENTITY"]
    assert [row.split()[3] for row in rows] == [
        f"spiffe://cluster.local/gossamer/agent/{host}" for host in ("east", "west", "north")
    ]


def test_the_last_lines_are_shown_to_programs(gossamer: CommandLine, signing: Path) -> None:
    """As the log has them, with their digests."""
    rows = json.loads(gossamer("identity", "log", "--last", "1", "-o", "json").out)
    assert [row["sequence"] for row in rows] == [3]
    assert json.loads((signing / "head.json").read_text())["digest"] == rows[0]["digest"]


def test_a_lab_that_signed_nothing_is_told(gossamer: CommandLine) -> None:
    """An empty table would read as if nothing had been signed."""
    ran = gossamer("identity", "log")
    assert ran.status == 1
    assert "has no issuance log" in ran.err
    assert "gossamer up" in ran.err


def test_the_group_lists_its_commands(gossamer: CommandLine) -> None:
    """A command that it does not have is wrong usage."""
    assert "log" in gossamer("identity", "--help").out
    assert gossamer("identity", "lgo").status == 2

"""`gossamer identity`: what it shows, and what it says where there is nothing to show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.plan import agent_template
from tests.cli.canned_lab import CannedLab, canned_lab
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


CART = "spiffe://cluster.local/ns/shop/sa/cart"
BANNED = {"subject": CART, "since": "2030-05-01T12:00:00Z", "until": None}


@pytest.fixture
def canned() -> Iterator[CannedLab]:
    """A lab whose plane answers what a test tells it to."""
    with canned_lab({}, {}) as lab:
        yield lab


@pytest.fixture
def on_lab(canned: CannedLab) -> CommandLine:
    """The command line of that lab."""
    return CommandLine(canned.folder.root.parents[1])


def test_a_ban_says_what_it_did(canned: CannedLab, on_lab: CommandLine) -> None:
    """Who, until when, how many certificates and streams; the end goes to the plane as a time."""
    canned.paths["/v1/bans"] = {
        **BANNED,
        "certificates": 2,
        "streams_ended": 1,
        "revocation_lists": True,
    }
    ran = on_lab("identity", "ban", CART, "--until", "2h")
    assert (ran.status, ran.err) == (0, "")
    assert f"{CART} is banned until `gossamer identity unban`" in ran.out
    assert "2 of its certificates are refused, and 1 of its streams" in ran.out
    [(path, body)] = canned.asked
    assert (path, body["subject"]) == ("/v1/bans", CART)
    assert body["until"].endswith("Z")


def test_a_ban_that_matches_nobody_or_half_is_told(canned: CannedLab, on_lab: CommandLine) -> None:
    """A misspelt identity, and a mesh whose roots allow no revocation lists."""
    canned.paths["/v1/bans"] = {
        **BANNED,
        "certificates": 0,
        "streams_ended": 0,
        "revocation_lists": False,
    }
    ran = on_lab("identity", "ban", CART)
    assert ran.status == 0
    assert "nobody has a certificate of it now" in ran.err
    assert "no revocation lists" in ran.err


def test_bans_are_listed_and_lifted(canned: CannedLab, on_lab: CommandLine) -> None:
    """As a table, as JSON, and by name."""
    listed = {"bans": [BANNED], "revoked": 2, "revocation_lists": True}
    canned.paths["/v1/bans"] = canned.paths["/v1/bans/lift"] = listed
    assert on_lab("identity", "bans").out.splitlines()[1].split() == [CART, BANNED["since"], "-"]
    assert json.loads(on_lab("identity", "bans", "-o", "json").out) == listed
    assert on_lab("identity", "unban", CART).out == f"{CART} is banned no longer\n"
    assert canned.asked[-1] == ("/v1/bans/lift", {"subject": CART})


def test_an_empty_list_is_told(canned: CannedLab, on_lab: CommandLine) -> None:
    """On standard error: programs read an empty answer."""
    canned.paths["/v1/bans"] = {"bans": [], "revoked": 0, "revocation_lists": False}
    assert "nobody is banned" in on_lab("identity", "bans").err


def test_a_time_of_no_form_is_wrong_usage(canned: CannedLab, on_lab: CommandLine) -> None:
    """Nothing is asked of the plane."""
    ran = on_lab("identity", "ban", CART, "--until", "soon")
    assert ran.status == 2
    assert "is not a duration" in ran.err
    assert canned.asked == []


def test_a_join_writes_what_it_got_beside_a_key_of_its_own(
    canned: CannedLab, on_lab: CommandLine, tmp_path: Path
) -> None:
    """The token comes by standard input, where no list of processes shows it; the key stays."""
    canned.paths["/v1/join"] = {"chain": "chain", "roots": "roots", "expires": "2030-05-02"}
    words = ("identity", "join", "--as", "shop/cart", "--out", str(tmp_path / "cart"))
    ran = on_lab(*words, stdin="gossamer-join_1_2\n")
    assert (ran.status, ran.err) == (0, "")
    files = {each.name: each for each in (tmp_path / "cart").iterdir()}
    assert set(files) == {"key.pem", "chain.pem", "roots.pem"}
    assert {each.stat().st_mode & 0o777 for each in files.values()} == {0o600}
    [(path, body)] = canned.asked
    assert (path, body["identity"], body["token"]) == ("/v1/join", "shop/cart", "gossamer-join_1_2")
    assert "PRIVATE KEY" not in body["csr"]
    assert on_lab(*words).status == 2


def test_join_tokens_are_made_beside_bearer_tokens(canned: CannedLab, on_lab: CommandLine) -> None:
    """One command, and which of the two is said."""
    answer = {"token": "gossamer-join_1_2", "pattern": "spiffe://x", "expires": "2030"}
    canned.paths["/v1/join-tokens"] = answer
    ran = on_lab("token", "create", "--for", "shop/cart", "--ttl", "5m")
    assert ran.out == "gossamer-join_1_2\n"
    assert canned.asked == [("/v1/join-tokens", {"pattern": "shop/cart", "ttl_s": 300.0})]
    assert on_lab("token", "create").status == 2
    assert on_lab("token", "create", "--for", "a/b", "--role", "viewer").status == 2

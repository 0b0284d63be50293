"""The access file: strict, with lines; looked at while the plane runs; its door."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gossamer.plane.access.actor import Role, RoleGrant
from gossamer.plane.access.demands import AccessRefused
from gossamer.plane.access.door import Door
from gossamer.plane.access.people.access_file import read_access_file
from gossamer.plane.access.people.access_source import AccessSource, report_access
from gossamer.plane.observed.observations import Observations
from tests.plane.access.id_tokens import NOW, key_set, token

GOOD = """\
roles:
- role: editor
  namespaces: [team-a]
  hosts: ["*.A.example.com"]
  groups: [devs]
- {role: viewer, namespaces: ["*"], uids: [4711]}
issuers:
- issuer: https://login.example.com
  audiences: [gossamer]
  jwksFile: keys.json
"""
ISSUER = GOOD[GOOD.index("issuers:") :]


def beside(name: str) -> bytes:
    """The key set, and nothing else."""
    if name != "keys.json":
        raise ValueError("is not there")
    return json.dumps(key_set()).encode()


def test_its_roles_are_whose_it_says() -> None:
    """Users of the machine, users and groups of the only issuer."""
    rules, findings = read_access_file(GOOD.encode(), "access.yaml", beside)
    assert findings == ()
    assert rules.uids == {4711}
    assert rules.of_uid(4711) == (RoleGrant(Role.VIEWER),)
    (grant,) = rules.of_person("https://login.example.com", "x", ["devs"])
    assert grant == RoleGrant(Role.EDITOR, ("team-a",), ("*.a.example.com",))
    assert rules.of_person("https://other.example", "x", ["devs"]) == ()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("roles: [\n", 2, ""),
        ("- roles\n", 1, "not a mapping"),
        ("roles:\n- {role: king, uids: [1]}\n", 2, "king"),
        ("roles:\n- role: viewer\n  namespace: [team-a]\n  uids: [1]\n", 3, "namespace"),
        ("roles:\n- role: viewer\n  uids: [1]\n", 2, "holds in no namespace"),
        ("roles:\n- role: operator\n", 2, "nobody has this role"),
        ("roles:\n- {role: operator, namespaces: [a], uids: [1]}\n", 2, "holds everywhere"),
        ("roles:\n- role: editor\n  uids: [1]\n  namespaces: [istio-system]\n", 4, "whole mesh"),
        ("roles:\n- role: viewer\n  namespaces: [a]\n  uids: [root]\n", 4, "not a uid"),
        ("roles:\n- role: operator\n  uids: [true]\n", 3, "not a uid"),
        ("roles:\n- role: operator\n  groups: [devs]\n", 2, "there are 0 issuers"),
        (ISSUER.replace("https", "http"), 2, "not an https URL"),
        (ISSUER.replace("keys.json", "no.json"), 4, "no.json is not there"),
        (ISSUER.replace("  audiences: [gossamer]\n", ""), 2, "audiences"),
        (GOOD + "more: 1\n", 11, "more"),
        ("roles: []\nroles: []\n", 2, "roles"),
    ],
)
def test_an_error_is_told_with_its_line_and_leaves_all_out(
    text: str, line: int, words: str
) -> None:
    """Who, what, line, effect and remedy; none of the other roles counts."""
    rules, findings = read_access_file(text.encode(), "access.yaml", beside)
    assert rules.assignments == ()
    assert [f for f in findings if f.origin.line == line and words in f.message], findings
    assert all(each.remedy for each in findings)


def test_of_several_issuers_a_role_names_one() -> None:
    """What one issuer calls a group is not what another does."""
    second = GOOD + ISSUER.partition("\n")[2].replace("login", "second")
    rules, findings = read_access_file(second.encode(), "a", beside)
    assert rules.assignments == ()
    assert "there are 2 issuers" in findings[0].message
    text = second.replace("groups: [devs]", "groups: [devs]\n  issuer: https://x")
    assert "not below issuers" in read_access_file(text.encode(), "a", beside)[1][0].message


@pytest.fixture
def source(tmp_path: Path) -> AccessSource:
    """A file that is not there yet, with a key set beside it."""
    (tmp_path / "keys.json").write_bytes(beside("keys.json"))
    return AccessSource(tmp_path / "access.yaml")


def written(source: AccessSource, text: str, mode: int = 0o600) -> None:
    source._path.write_text(text)
    source._path.chmod(mode)


def looks(source: AccessSource, times: int = 3) -> bool:
    """Several looks; whether one of them saw something new."""
    news = [source.look() for _ in range(times)]
    return any(news)


def test_it_is_looked_at_again(source: AccessSource) -> None:
    """Written, broken, fixed, removed: each is taken up, and what was good stays while it is
    broken."""
    assert not looks(source)
    written(source, GOOD)
    assert looks(source)
    assert source.rules.uids == {4711}
    assert not looks(source)
    written(source, GOOD.replace("team-a", "team-a, [") + "#")
    assert looks(source)
    assert source.rules.uids == {4711}
    assert source.findings
    written(source, GOOD.replace("4711", "4712"))
    assert looks(source)
    assert source.rules.uids == {4712}
    assert source.findings == ()
    source._path.unlink()
    assert looks(source)
    assert source.rules.assignments == ()


def test_what_is_just_being_written_is_left_in_peace(source: AccessSource) -> None:
    """It is read once it has rested from one look to the next."""
    source.look()
    written(source, GOOD)
    assert not source.look()
    assert source.rules.uids == set()
    assert source.look()
    assert source.rules.uids == {4711}


def test_a_new_key_set_is_taken_up(source: AccessSource) -> None:
    """The file beside it is watched too."""
    written(source, GOOD)
    looks(source)
    keys = source._path.with_name("keys.json")
    keys.write_text("{}")
    assert looks(source)
    assert "keys.json" in source.findings[0].message
    keys.write_bytes(beside("keys.json"))
    assert looks(source)
    assert source.findings == ()


@pytest.mark.parametrize("name", ["access.yaml", "keys.json"])
def test_what_others_may_write_is_not_believed(source: AccessSource, name: str) -> None:
    """Else whoever can write there made themselves an operator."""
    written(source, GOOD)
    source._path.with_name(name).chmod(0o666)
    looks(source)
    assert source.rules.assignments == ()
    assert "can be written by others" in source.findings[0].message


def test_what_is_wrong_is_among_the_findings(source: AccessSource, tmp_path: Path) -> None:
    """Until it is fixed."""
    observations = Observations(tmp_path / "o", lambda: 0.0)
    written(source, "roles: 7\n")
    looks(source)
    report_access(source, observations)
    (finding,) = observations.findings()
    assert finding.origin.line == 1
    written(source, GOOD)
    looks(source)
    report_access(source, observations)
    assert observations.findings() == ()


def test_the_door_knows_them(source: AccessSource) -> None:
    """A user of the machine by uid, a person by an ID token; others are not heard, or not
    believed."""
    written(source, GOOD)
    looks(source)
    door = Door(lambda whole, actor: whole, rules=lambda: source.rules, clock=lambda: NOW)
    assert door.actor(4711, []).grants == (RoleGrant(Role.VIEWER),)
    assert door.actor(os.geteuid(), []).operates
    assert door.actor(4712, []).grants == ()
    assert [door.may_connect(uid) for uid in (os.geteuid(), 0, 4711, 4712)] == [True] * 3 + [False]
    person = door.actor(0, [f"Bearer {token()}"])
    assert (person.name, person.edits("team-a"), person.operates) == ("oidc:alice", True, False)
    with pytest.raises(AccessRefused, match="has expired") as refused:
        door.actor(0, [f"Bearer {token({'exp': 7})}"])
    assert refused.value.status == 401

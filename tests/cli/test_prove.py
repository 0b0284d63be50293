"""`gossamer prove`, and promises beside manifests as `analyze` and `plan` take them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gossamer.cli.commands.insight.prove import prove
from gossamer.cli.commands.manifests.analyze import analyze
from gossamer.cli.commands.manifests.plan import show_plan
from gossamer.cli.offline.promises import kept_findings, stated_beside
from gossamer.render.given import Inputs
from tests.explain.promises.test_prove import NOT_A, READERS, STRICT, TEAMS

Write = Callable[[str, str], Path]


def proving(*words: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(prove, words)


def test_a_promise_that_holds(write: Write) -> None:
    """Exit 0, in a line."""
    mesh = write("mesh.yaml", TEAMS + STRICT + NOT_A)
    ran = proving("no team-a to team-b", "-f", str(mesh))
    assert (ran.exit_code, ran.output) == (0, "holds: no team-a to team-b\n")


def test_a_broken_promise(write: Write) -> None:
    """Exit 1, with the call and the line of the rule; as JSON the same in fields."""
    mesh = write("mesh.yaml", TEAMS + READERS)
    ran = proving("no team-a to team-b", "-f", str(mesh))
    assert ran.exit_code == 1
    assert "team-a/web calls team-b/pay port 8080, GET /items in mutual TLS" in ran.output
    assert f"{mesh}:" in ran.output
    (answer,) = json.loads(proving("no team-a to team-b", "-f", str(mesh), "-o", "json").output)
    assert (answer["holds"], answer["outcome"]) == (False, "broken")
    assert answer["call"]["source"] == "team-a/web"
    assert answer["by"]["field"] == "spec.rules[0]"


@pytest.mark.parametrize("words", [("no team-a too team-b",), ()])
def test_what_is_not_a_promise_is_wrong_usage(write: Write, words: tuple[str, ...]) -> None:
    """Exit 2, with what is wrong."""
    mesh = write("mesh.yaml", TEAMS)
    assert proving(*words, "-f", str(mesh)).exit_code == 2


def test_promises_under_version_control(write: Write) -> None:
    """Those in promises.txt are proven if none is said, and a line that is none is told."""
    mesh = write("mesh.yaml", TEAMS + STRICT + NOT_A)
    write("promises.txt", "# who\nno team-a to team-b\nteam-b may call team-a\n")
    assert proving("-f", str(mesh)).output.splitlines() == [
        "holds: no team-a to team-b",
        "holds: team-b may call team-a",
    ]
    write("promises.txt", "team-a never calls team-b\n")
    ran = proving("-f", str(mesh))
    assert ran.exit_code == 2
    assert "promises.txt:1: 'team-a never calls team-b' is not a promise" in ran.output


@pytest.mark.parametrize("named", ["promises.txt", "../{folder}/promises.txt", "others.txt"])
def test_each_promise_is_proven_once(write: Write, named: str) -> None:
    """However often and by whatever path its file is given."""
    mesh = write("mesh.yaml", TEAMS + STRICT + NOT_A)
    for name in ("promises.txt", "others.txt"):
        write(name, "no team-a to team-b\n")
    path = mesh.parent / named.format(folder=mesh.parent.name)
    ran = proving("-f", str(mesh.parent), "--promises", str(path))
    assert ran.output.splitlines() == ["holds: no team-a to team-b"]


@pytest.mark.parametrize(
    ("line", "code", "status"),
    [
        ("no team-a to team-b", "broken-promise", 1),
        ("team-c may call team-b", "unproven-promise", 0),
        ("team-a will call team-b", "invalid-promise", 1),
        ("team-a may call team-b", None, 0),
    ],
)
def test_analyze_proves_them(write: Write, line: str, code: str | None, status: int) -> None:
    """A finding at the line of the file, with the object that decides."""
    write("mesh.yaml", TEAMS + READERS)
    path = write("promises.txt", f"\n{line}\n")
    ran = CliRunner().invoke(analyze, [str(path.parent), "-o", "json"])
    of_promises = [each for each in json.loads(ran.output) if each["file"] == str(path)]
    assert [each["code"] for each in of_promises] == ([code] if code else [])
    assert [each["line"] for each in of_promises] == ([2] if code else [])
    assert ran.exit_code == status


def test_a_plan_says_what_it_would_break(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """By the plane's answer: which held before and would not afterwards."""
    path = write("promises.txt", "no team-a to team-b\nno team-b to team-a\n")
    stated = stated_beside(Inputs((str(path.parent),)))
    proofs = [_proof(text, text == "no team-b to team-a") for text in stated.texts]
    show_plan({"applied": [], "workloads": [], "promises": proofs, "findings": []})
    printed = capsys.readouterr().out
    assert "1 of 2 promises would hold" in printed
    assert "this change breaks: no team-a to team-b" in printed
    (finding,) = kept_findings(stated.promises, proofs)
    assert (finding.code, finding.origin.line) == ("broken-promise", 1)


def _proof(text: str, holds: bool) -> dict[str, Any]:
    outcome = "holds" if holds else "broken"
    nothing = {"call": None, "by": None}
    return {
        "promise": text,
        "holds": holds,
        "outcome": outcome,
        "reason": "a rule lets the call in",
    } | {
        "before": "holds",
        **nothing,
    }

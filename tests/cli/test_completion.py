"""Scripts for shells, and near words for misspelt ones."""

from __future__ import annotations

import pytest

from tests.cli.command_line import CommandLine


@pytest.mark.parametrize(
    ("shell", "hook"),
    [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete --no-files")],
)
def test_each_shell_has_its_script(gossamer: CommandLine, shell: str, hook: str) -> None:
    """It asks `gossamer` itself, so that it need not be made anew with every version."""
    ran = gossamer("completion", shell)
    assert ran.status == 0
    assert hook in ran.out
    assert f"_GOSSAMER_COMPLETE={shell}_complete" in ran.out


def test_another_shell_is_wrong_usage(gossamer: CommandLine) -> None:
    """The known ones are named."""
    ran = gossamer("completion", "tcsh")
    assert ran.status == 2
    assert "bash" in ran.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gossamer rollo", ["rollout"]),
        ("gossamer get servicee", ["serviceentries"]),
        ("gossamer get pods,servicee", ["pods,serviceentries"]),
        ("gossamer logs --prev", ["--previous"]),
        ("gossamer logs we", []),
    ],
)
def test_words_complete_without_a_lab(gossamer: CommandLine, line: str, words: list[str]) -> None:
    """Commands, flags and kinds need none; names of a lab that does not run are no error."""
    env = {
        "_GOSSAMER_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    ran = gossamer(env=env)
    assert (ran.status, ran.err) == (0, "")
    assert [each.partition(",")[2] for each in ran.out.split()] == words


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["gett"], "Did you mean 'get'?"),
        (["descirbe", "pod"], "Did you mean 'describe'?"),
        (["get", "pods", "--nme", "x"], "--name"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_near_one(
    gossamer: CommandLine, words: list[str], near: str
) -> None:
    """Commands and flags; wrong usage is exit 2."""
    ran = gossamer(*words)
    assert ran.status == 2
    assert near in ran.err


@pytest.mark.parametrize(
    "words", [["scale", "deploy", "web", "--replicas", "2"], ["rollout", "status", "deploy", "web"]]
)
def test_a_workload_may_be_two_words(gossamer: CommandLine, words: list[str]) -> None:
    """As kubectl takes it; only the lab is missing here."""
    assert "no lab 'default' runs" in gossamer(*words).err


def test_versions_need_no_lab(gossamer: CommandLine) -> None:
    """The control plane's is told where it runs."""
    ran = gossamer("version")
    assert ran.status == 0
    assert "plane: no lab of this name runs" in ran.out

"""What a person's words after `get` mean."""

from __future__ import annotations

import click
import pytest

from gossamer.cli.error import CliError
from gossamer.cli.objects.targets import targets


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["pods"], [("Pod", None)]),
        (["pods,svc"], [("Pod", None), ("Service", None)]),
        (["pod", "a", "b"], [("Pod", "a"), ("Pod", "b")]),
        (["deploy/web"], [("Deployment", "web")]),
        (["deploy/web", "svc/db"], [("Deployment", "web"), ("Service", "db")]),
    ],
)
def test_kinds_and_names(words: list[str], meant: list[tuple[str, str | None]]) -> None:
    """KIND, KIND,KIND, KIND NAME..., KIND/NAME..."""
    assert [(each.kinds[0].name, each.name) for each in targets(words)] == meant


@pytest.mark.parametrize("words", [["pod/a", "b"], ["pods", "deploy/web"], ["deploy/"], ["a/b/c"]])
def test_mixed_and_half_names_are_wrong_usage(words: list[str]) -> None:
    """Nothing is guessed."""
    with pytest.raises((click.UsageError, CliError)):
        targets(words)

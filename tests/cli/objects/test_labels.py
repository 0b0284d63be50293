"""Label selectors as kubectl reads them."""

from __future__ import annotations

import click
import pytest

from gossamer.cli.objects.labels import parse_selector

LABELS = {"app": "web", "version": "v1", "app.kubernetes.io/name": "shop"}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (None, True),
        ("", True),
        ("app=web", True),
        ("app==web", True),
        ("app=db", False),
        ("app!=db", True),
        ("tier!=db", True),
        ("app!=web", False),
        ("app in (web, db)", True),
        ("app in (db)", False),
        ("tier in (web)", False),
        ("app notin (db,cache)", True),
        ("tier notin (web)", True),
        ("version notin (v1)", False),
        ("app", True),
        ("tier", False),
        ("!tier", True),
        ("! app", False),
        ("app=web,version in (v1,v2),!tier", True),
        ("app=web,version=v2", False),
        ("app.kubernetes.io/name=shop", True),
        ("app =web", True),
        ("app=", False),
    ],
)
def test_a_selector_chooses(text: str | None, fits: bool) -> None:
    """All its conditions must hold; `!=` and `notin` hold where the label is absent."""
    assert parse_selector(text).fits(LABELS) is fits


@pytest.mark.parametrize("text", ["app=web,", "=web", "app in web", "app>3", "app in (a", "a b"])
def test_what_is_no_selector_is_told(text: str) -> None:
    """Nothing is chosen by a guess."""
    with pytest.raises(click.UsageError):
        parse_selector(text)

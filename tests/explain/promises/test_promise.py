"""Promises as people write them."""

from __future__ import annotations

import pytest

from gossamer.explain.promises.promise import (
    BadPromise,
    Promise,
    PromiseKind,
    promises_in,
    read_promise,
)
from gossamer.model.policies.workload.authorization import ValueCompare, ValueMatch

EXACT, PREFIX = ValueCompare.EXACT, ValueCompare.PREFIX


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no team-a to team-b", (PromiseKind.NO, ("team-a",), "team-b", None, None, None)),
        (
            "only shop/web,shop/sa/batch to pay/billing port 8080 POST /pay/*",
            (
                PromiseKind.ONLY,
                ("shop/web", "shop/sa/batch"),
                "pay/billing",
                8080,
                "POST",
                ValueMatch(PREFIX, "/pay/"),
            ),
        ),
        (
            "  outside   may call   shop GET /",
            (PromiseKind.MAY, ("outside",), "shop", None, "GET", ValueMatch(EXACT, "/")),
        ),
        (
            "no * to * /admin",
            (PromiseKind.NO, ("*",), "*", None, None, ValueMatch(EXACT, "/admin")),
        ),
    ],
)
def test_a_line_is_a_promise(text: str, meant: tuple[object, ...]) -> None:
    """Who, to whom, and by what if it is said."""
    assert read_promise(text) == Promise(" ".join(text.split()), *meant)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is not a promise"),
        ("team-a to team-b", "is not a promise"),
        ("no team-a too team-b", "is not a promise"),
        ("no team-a to", "is not a promise"),
        ("no Team_A to team-b", "'Team_A' is not a NAMESPACE"),
        ("no a/b/c to team-b", "'a/b/c' is not a NAMESPACE"),
        ("no team-a to outside", "the destination is `outside`"),
        ("no team-a to team-b port", "behind `port` stands 'nothing'"),
        ("no team-a to team-b port 70000", "behind `port` stands '70000'"),
        ("no team-a to team-b get /x", "'get' is not understood"),
        ("no team-a to team-b /x GET", "'GET' is not understood"),
    ],
)
def test_what_is_none_is_told(text: str, why: str) -> None:
    """The message says which word is wrong."""
    with pytest.raises(BadPromise, match=why):
        read_promise(text)


def test_a_file_has_one_a_line() -> None:
    """Empty lines and comments are passed over, lines keep their numbers."""
    text = "# teams\n\nno team-a to team-b  # ever\nteam-a may call shop\n"
    assert promises_in(text) == ((3, "no team-a to team-b"), (4, "team-a may call shop"))

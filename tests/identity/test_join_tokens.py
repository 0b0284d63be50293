"""Join tokens let one identity in, once, for as long as they last."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gossamer.identity.attest import join_tokens
from gossamer.identity.attest.join_tokens import JoinTokens, TooManyTokens
from gossamer.identity.attest.wanted import (
    BadPattern,
    fits,
    identity_of_joiner,
    joining_template,
    pattern_of,
)
from gossamer.identity.plan import HOST_LIFETIME, CsrRefused, SpiffeId

EAST = SpiffeId.of_agent("east")
CART = SpiffeId.of_account("shop", "cart")


class Tokens:
    """The tokens of a plane, at a time that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.path, self.now = folder / "join-tokens.db", 1000.0
        self.all = JoinTokens(self.path, lambda: self.now)

    def made(self, pattern: str = "agent/east", seconds: float = 600) -> str:
        return self.all.create(pattern_of(pattern), seconds).text


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path)


def test_a_token_lets_in_once(tokens: Tokens) -> None:
    """The second who shows it learns who was first."""
    text = tokens.made()
    tokens.all.use(text, EAST)
    with pytest.raises(
        CsrRefused, match=r"was used by spiffe://cluster\.local/gossamer/agent/east"
    ):
        tokens.all.use(text, EAST)


def test_of_many_at_the_same_moment_one_is_let_in(tokens: Tokens) -> None:
    """Two planes over one state, too: the database decides."""
    text = tokens.made()
    planes = [tokens.all, JoinTokens(tokens.path, lambda: tokens.now)]

    def joins(number: int) -> bool:
        try:
            planes[number % 2].use(text, EAST)
        except CsrRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(joins, range(40))) == 1


def test_a_token_ends(tokens: Tokens) -> None:
    """After its time it is worth nothing, used or not, and is forgotten."""
    text = tokens.made(seconds=600)
    tokens.now += 600
    with pytest.raises(CsrRefused, match="has expired"):
        tokens.all.use(text, EAST)
    tokens.made()
    with pytest.raises(CsrRefused, match="is not known here"):
        tokens.all.use(text, EAST)


def test_a_token_is_for_whom_it_was_made(tokens: Tokens) -> None:
    """Shown for another it is refused, and still good for its own."""
    text = tokens.made("shop/*")
    with pytest.raises(CsrRefused, match="is for spiffe"):
        tokens.all.use(text, EAST)
    tokens.all.use(text, CART)


def test_tokens_outlive_the_plane(tokens: Tokens) -> None:
    """A restart neither forgets one nor lets a used one in again."""
    unused, used = tokens.made(), tokens.made()
    tokens.all.use(used, EAST)
    tokens.all.close()
    again = JoinTokens(tokens.path, lambda: tokens.now)
    again.use(unused, EAST)
    with pytest.raises(CsrRefused, match="was used by"):
        again.use(used, EAST)


def test_there_is_a_bound(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that makes them fills no disk; those that ended make room."""
    monkeypatch.setattr(join_tokens, "MOST", 3)
    for _ in range(3):
        tokens.made()
    with pytest.raises(TooManyTokens):
        tokens.made()
    tokens.now += 600
    tokens.made()


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("agent/east", "spiffe://cluster.local/gossamer/agent/east"),
        ("agent/*", "spiffe://cluster.local/gossamer/agent/*"),
        ("shop/cart", "spiffe://cluster.local/ns/shop/sa/cart"),
        ("spiffe://cluster.local/ns/shop/sa/*", "spiffe://cluster.local/ns/shop/sa/*"),
    ],
)
def test_patterns_are_identities_in_short_or_in_full(written: str, whole: str) -> None:
    """One last part may be any."""
    assert pattern_of(written) == whole


@pytest.mark.parametrize(
    "written",
    [
        "*",
        "*/*",
        "shop",
        "*/cart",
        "shop/ca*",
        "shop/cart/x",
        "spiffe://cluster.local/*",
        "spiffe://cluster.local/gossamer/plane",
        "spiffe://corp/ns/shop/sa/cart",
        "spiffe://cluster.local/ns/*/sa/cart",
        "https://cluster.local/ns/shop/sa/cart",
        "",
    ],
)
def test_wider_patterns_and_other_identities_are_refused(written: str) -> None:
    """No token is for everybody, nor for the control plane itself."""
    with pytest.raises(BadPattern, match="nothing was made"):
        pattern_of(written)


def test_a_star_is_one_part() -> None:
    """It does not reach into a place below, or beside."""
    assert fits("spiffe://cluster.local/ns/shop/sa/*", CART)
    assert not fits("spiffe://cluster.local/ns/shop/sa/*", SpiffeId.of_account("shop2", "cart"))
    assert not fits("spiffe://cluster.local/ns/shop/*", CART)


def test_who_joins_is_an_agent_or_a_workload() -> None:
    """Each with the certificate of its kind; no pod is known, so none is named."""
    assert joining_template(identity_of_joiner("agent/east")).lifetime == HOST_LIFETIME
    template = joining_template(identity_of_joiner("shop/cart"))
    assert (template.spiffe, template.dns) == (CART, ())


def test_no_secret_stands_in_the_database(tokens: Tokens) -> None:
    """Who reads a backup joins nothing."""
    text = tokens.made()
    rows = sqlite3.connect(tokens.path).execute("SELECT * FROM token").fetchall()
    secret = text.split("_", 2)[2]
    assert secret not in str(rows)
    assert secret.encode() not in tokens.path.read_bytes()
    assert tokens.path.stat().st_mode & 0o777 == 0o600

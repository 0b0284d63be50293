"""Stolen and replayed tokens: a join token is worth one join, of one identity, for minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.identity.attest.join_tokens import JoinTokens
from gossamer.identity.authority import Authority
from gossamer.identity.keys import matches, new_key, signing_request, spiffe_of
from gossamer.identity.plan import SpiffeId
from gossamer.identity.revocation.bans import Ban, Bans
from gossamer.identity.run import CertificateSigner
from gossamer.plane.access.join_desk import JoinDesk
from gossamer.plane.api.access_shapes import JoinBody, JoinTokenBody
from gossamer.plane.api.facade import RequestRefused

CART = "spiffe://cluster.local/ns/shop/sa/cart"


class Joining:
    """A plane's desk for joiners."""

    def __init__(self, folder: Path) -> None:
        self.bans = Bans()
        signer = CertificateSigner(
            Authority.open(folder / "ca"),
            lambda pod: None,
            banned=lambda spiffe, pod: self.bans.refusing(spiffe, pod),
        )
        self.desk = JoinDesk(JoinTokens(folder / "tokens.db", lambda: 0.0), signer)
        self.key = new_key()

    def token(self, pattern: str = "shop/cart") -> str:
        return self.desk.create(JoinTokenBody(pattern)).token

    async def join(self, token: str, identity: str = "shop/cart", csr: str = "") -> str:
        """The chain."""
        body = JoinBody(csr or signing_request(self.key), identity, token)
        return (await self.desk.join(body)).chain


@pytest.fixture
def joining(tmp_path: Path) -> Joining:
    return Joining(tmp_path)


async def test_a_join_gives_a_certificate_for_the_joiners_own_key(joining: Joining) -> None:
    """Of the identity that the token was made for."""
    chain = await joining.join(joining.token())
    assert spiffe_of(chain) == SpiffeId.parse(CART)
    assert matches(joining.key, chain)


async def test_a_replayed_token_is_refused_and_logged(
    joining: Joining, caplog: pytest.LogCaptureFixture
) -> None:
    """One of the two who showed it stole it."""
    token = joining.token()
    await joining.join(token)
    with pytest.raises(RequestRefused, match="was used by") as refused:
        await joining.join(token)
    assert refused.value.status == 403
    assert "join-token-replayed" in caplog.text
    assert token not in caplog.text + str(refused.value)


@pytest.mark.parametrize(
    "guess", ["", "x", "gossamer-join_", "gossamer-join_000000000000_x", "gossamer_1_2", "'; --"]
)
async def test_guesses_let_nobody_in(joining: Joining, guess: str) -> None:
    """Without a word on how near they came."""
    joining.token()
    with pytest.raises(RequestRefused, match="is not known here"):
        await joining.join(guess)


async def test_half_a_token_is_no_token(joining: Joining) -> None:
    """The identifier, which a list may show, is not the secret."""
    identifier = joining.token().split("_", 2)[1]
    with pytest.raises(RequestRefused, match="is not known here"):
        await joining.join(f"gossamer-join_{identifier}_guess")


@pytest.mark.parametrize(
    "identity",
    [
        "shop/vault",
        "agent/east",
        "bank/cart",
        "spiffe://cluster.local/gossamer/plane",
        "spiffe://x",
    ],
)
async def test_a_token_gives_no_other_identity(joining: Joining, identity: str) -> None:
    """Not with a request that is good otherwise; the token stays good for its own."""
    token = joining.token()
    with pytest.raises(RequestRefused):
        await joining.join(token, identity)
    await joining.join(token)


async def test_a_mistaken_request_does_not_use_a_token_up(joining: Joining) -> None:
    """It is read before the token is."""
    token = joining.token()
    with pytest.raises(RequestRefused) as refused:
        await joining.join(token, csr="garbage")
    assert refused.value.status == 400
    await joining.join(token)


async def test_the_banned_join_not(joining: Joining) -> None:
    """A token that was made before the ban does not walk around it."""
    token = joining.token()
    joining.bans = Bans((Ban(CART, "2030-05-01T12:00:00Z"),))
    with pytest.raises(RequestRefused, match="is banned since"):
        await joining.join(token)


async def test_a_pods_token_needs_a_reviewer(joining: Joining) -> None:
    """Nothing is believed because it looks like a token."""
    body = JoinBody(signing_request(joining.key), "shop/cart-1", kubernetes_token="a.b.c")
    with pytest.raises(RequestRefused, match="reviews no tokens of Kubernetes"):
        await joining.desk.join(body)

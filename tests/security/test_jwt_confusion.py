"""Tokens that nobody should take, at a real gateway: forged, confused, stale, or hidden by another.

Every case first shows that a good token passes and a request without one does, too.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from tests.compile.running_mesh import Start
from tests.security.edge_stage import Front, fronted, request
from tests.signing import ISSUER, Signer, key_set

pytestmark = pytest.mark.e2e

MINE, SECOND, STRANGER = Signer(), Signer("two"), Signer()
OTHER = Signer(issuer="https://other.example")
OUTSIDER = Signer(issuer=OTHER.issuer)
KIND, ODD = (Signer(issuer="https://kind.example") for _ in range(2))
BAKER = Signer(issuer="https://baker.example")
ENCRYPTING = Signer("for-encryption")
GOOD = MINE.token()

RULES = f"""---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {{name: tokens, namespace: istio-system}}
spec:
  selector: {{matchLabels: {{istio: ingressgateway}}}}
  jwtRules:
  - issuer: {ISSUER}
    audiences: [shop, bank]
    jwks: '{key_set(MINE.jwk(alg="RS256"), SECOND.jwk(), ENCRYPTING.jwk(use="enc"))}'
    outputClaimToHeaders: [{{header: x-sub, claim: sub}}]
  - issuer: {OTHER.issuer}
    jwks: '{key_set(OTHER.jwk())}'
    fromHeaders: [{{name: x-other}}]
    outputPayloadToHeader: x-payload
    forwardOriginalToken: true
  - issuer: {KIND.issuer}
    jwks: '{key_set(KIND.jwk())}'
    fromHeaders: [{{name: x-kind, prefix: "Kind "}}]
  - issuer: {BAKER.issuer}
    jwks: '{key_set(BAKER.jwk())}'
    fromCookies: [session]
  - issuer: https://unfetched.example
    jwksUri: https://unfetched.example/keys
"""


@pytest.fixture
async def front(start: Start, authority: Authority, tmp_path: Path) -> AsyncIterator[Front]:
    """A gateway that knows three issuers; the keys of one could not be fetched."""
    async with fronted(start, authority, tmp_path, more=RULES) as gateway:
        yield gateway


def bearer(token: str) -> str:
    return f"authorization: Bearer {token}"


def aimed(*, signer: Signer = MINE, head: dict[str, object] | None = None, **claims: object) -> str:
    """The Authorization header of a token for the shop."""
    return bearer(signer.token(head=head, **{"aud": "shop", **claims}))


async def status(front: Front, *lines: str, path: str = "/", method: str = "GET") -> int:
    """How a request with these headers is answered."""
    return int((await front.sent(request(path, *lines, method=method))).split()[1])


NOW = int(time.time())
FORGED = STRANGER.token(aud="shop")
ACCEPTED = {
    "no token": (),
    "a good token": (aimed(),),
    "signed by the second key": (aimed(signer=SECOND),),
    "several audiences": (aimed(aud=["else", "bank"]),),
    "no kid, and the only key signed it": (f"x-other: {OTHER.token(head={'kid': None})}",),
    "a kid behind one byte more": (aimed(head={"a": "b", "kid": "one"}),),
    "a kid behind two bytes more": (aimed(head={"ab": "b", "kid": "one"}),),
    "a kid behind three bytes more": (aimed(head={"abc": "b", "kid": "one"}),),
    "two spaces": (f"authorization: Bearer  {MINE.token(aud='shop')}",),
    "another scheme": ("authorization: Basic YmVhcmVyOng=",),
    "another issuer at its place": (f"x-other: {OTHER.token()}",),
    "two issuers, each at its place": (aimed(), f"x-other: {OTHER.token()}"),
}
REFUSED = {
    "alg none": (bearer(MINE.unsigned(aud="shop")),),
    "HS256 with the public key": (bearer(MINE.confused(aud="shop")),),
    "another algorithm of the key": (aimed(head={"alg": "RS512"}),),
    "an unknown algorithm": (aimed(head={"alg": "XS256"}),),
    "a stranger's signature": (bearer(FORGED),),
    "a stranger's signature, no kid": (aimed(signer=STRANGER, head={"kid": None}),),
    "no kid, where the issuer has several keys": (aimed(head={"kid": None}),),
    "a kid among the claims alone": (aimed(head={"kid": None}, kid="one"),),
    "an unknown kid": (aimed(head={"kid": "three"}),),
    "a key for encryption": (aimed(signer=ENCRYPTING),),
    "no exp": (aimed(exp=None),),
    "expired": (aimed(exp=NOW - 120),),
    "not valid yet": (aimed(nbf=NOW + 7200),),
    "an issuer nobody knows, by the right key": (aimed(iss="https://evil.example"),),
    "no issuer": (aimed(iss=None),),
    "the wrong issuer by the right key": (f"x-other: {OTHER.token(iss=ISSUER)}",),
    "an issuer at another's place": (f"x-other: {MINE.token(aud='shop')}",),
    "another issuer's token as bearer": (bearer(OTHER.token()),),
    "an issuer whose keys are not known": (aimed(iss="https://unfetched.example"),),
    "not a token": (bearer("opaque"),),
    "an empty token": ("authorization: Bearer",),
    "a list as subject": (aimed(sub=["joe"]),),
    "bearer in small letters": (f"authorization: bearer {FORGED}",),
    "bearer in mixed letters, and good": (f"authorization: BeArEr {MINE.token(aud='shop')}",),
    "two headers, the second forged": (aimed(), bearer(FORGED)),
    "two headers, the first forged": (bearer(FORGED), aimed()),
    "two headers, both good": (aimed(), aimed()),
    "a comma between them": (f"{aimed()}, Bearer {FORGED}",),
    "another scheme in front": ("authorization: Basic eDp5", bearer(FORGED)),
    "another scheme behind": (aimed(), "authorization: Basic eDp5"),
    "a forged one at another issuer's place": (aimed(), f"x-other: {FORGED}"),
    "two at a place without a prefix": (f"x-other: {OTHER.token()}", f"x-other: {FORGED}"),
    "the same, the first forged": (f"x-other: {FORGED}", f"x-other: {OTHER.token()}"),
    "the same, by a stranger": (f"x-other: {OTHER.token()}", f"x-other: {OUTSIDER.token()}"),
    "the same, by a stranger first": (f"x-other: {OUTSIDER.token()}", f"x-other: {OTHER.token()}"),
    "two behind a prefix": (f"x-kind: Kind {KIND.token()}", f"x-kind: Kind {ODD.token()}"),
    "two behind a prefix, forged first": (
        f"x-kind: Kind {ODD.token()}",
        f"x-kind: Kind {KIND.token()}",
    ),
    "a prefix in other letters beside it": (
        f"x-kind: Kind {KIND.token()}",
        f"x-kind: kind {ODD.token()}",
    ),
    "a prefix in other letters in front": (
        f"x-kind: kind {ODD.token()}",
        f"x-kind: Kind {KIND.token()}",
    ),
}


async def test_forged_and_confused_tokens_are_refused(front: Front) -> None:
    """By 401, at the door; what is right passes."""
    assert {case: await status(front, *lines) for case, lines in ACCEPTED.items()} == dict.fromkeys(
        ACCEPTED, 200
    )
    assert {case: await status(front, *lines) for case, lines in REFUSED.items()} == dict.fromkeys(
        REFUSED, 401
    )


async def test_clocks_may_differ_by_a_minute(front: Front) -> None:
    """A token that has just expired passes, as in Istio."""
    assert await status(front, aimed(exp=int(time.time()) - 5)) == 200


async def test_the_wrong_audience_is_forbidden(front: Front) -> None:
    """A token for somebody else, or for nobody, is good and of no use here: 403."""
    wrong = (aimed(aud="elsewhere"), aimed(aud=None), aimed(aud=["else", "where"]))
    assert [await status(front, line) for line in wrong] == [403, 403, 403]


async def test_a_token_in_two_places_is_refused(front: Front) -> None:
    """The proxy would be content with one of them, and the backend could read the other."""
    good, forged = MINE.token(aud="shop"), FORGED
    paths = {
        f"/?access_token={good}": 200,
        f"/?a=b&access_token={good}&c=d": 200,
        f"/?access_token={forged}": 401,
        f"/?access_token={good}&access_token={forged}": 401,
        f"/?access_token={good}&a=b&access%5Ftoken={forged}": 401,
        f"/?%61ccess_token={forged}&access_token={good}": 401,
        f"/?access_token={MINE.token(aud='shop', head={'kid': None})}": 401,
    }
    assert {path: await status(front, path=path) for path in paths} == paths
    assert await status(front, bearer(good), path=f"/?access_token={forged}") == 401
    assert await status(front, bearer(good), path=f"/?access_token={good}") == 401


async def test_a_token_in_a_cookie_is_checked(front: Front) -> None:
    """Once: of two cookies of one name the backend may read the other. It stays in the request."""
    good = BAKER.token()
    cookies = {
        f"session={good}": 200,
        f"a=b; session={good}; c=d": 200,
        "xsession=a; a=session": 200,
        f"session={FORGED}": 401,
        f"a=b; session={FORGED}": 401,
        f"session={good}; session={FORGED}": 401,
        f"session={FORGED};a=b;session={good}": 401,
    }
    assert {each: await status(front, f"cookie: {each}") for each in cookies} == cookies
    assert good in (await front.seen(f"cookie: session={good}"))["cookie"]


async def test_a_huge_token_is_refused(front: Front) -> None:
    """What does not fit into a request's head of 60 KiB is answered 431 and closed, unread."""
    assert await status(front, aimed(more="x" * 20_000)) == 200
    answer = await front.sent(request("/", aimed(more="x" * 50_000)))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431")


async def test_no_caller_writes_what_the_proxy_writes(front: Front) -> None:
    """Headers with claims are the proxy's own: with a token of any issuer, or with none."""
    forged = ("x-sub: root", "X-Payload: eyJzdWIiOiJyb290In0")
    assert not {"x-sub", "x-payload"} & {*(await front.seen(*forged))}
    seen = await front.seen(*forged, aimed())
    assert (seen["x-sub"], seen.get("x-payload"), seen.get("authorization")) == ("joe", None, None)
    other = OTHER.token()
    seen = await front.seen(*forged, f"x-other: {other}")
    assert (seen.get("x-sub"), seen["x-payload"]) == (None, other.split(".")[1])
    assert seen["x-other"] == other
    preflight = ("origin: https://a.example", "access-control-request-method: GET")
    answer = await front.sent(request("/", *forged, *preflight, method="OPTIONS"))
    assert b"root" not in answer
    assert b"200 OK" in answer


async def test_a_claim_cannot_start_a_new_header(front: Front) -> None:
    """A line break in a claim reaches no backend."""
    answer = await front.sent(request("/", aimed(sub="joe\r\nx-role: admin")))
    assert b"x-role" not in answer
    assert not answer.startswith(b"HTTP/1.1 200")


async def test_a_token_is_taken_out_of_the_path(front: Front) -> None:
    """The application and its logs see no token that is not to be forwarded."""
    seen = json.dumps(dict(await front.seen(path=f"/?access_token={MINE.token(aud='shop')}&a=b")))
    assert "access_token" not in seen

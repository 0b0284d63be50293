"""Keys of an issuer that are fetched: by its configuration, the last good ones while it is away."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gossamer.plane.access.people.access_source import AccessSource
from gossamer.plane.access.people.fetched_keys import FetchedKeys
from gossamer.plane.access.people.id_token import BadIdToken, person_of
from gossamer.plane.observed.token_keys.fetch import FetchFailed
from tests.plane.access.id_tokens import ISSUER, NOW, key_set, token

FILE = """\
roles:
- {role: viewer, namespaces: [team-a], groups: [devs]}
issuers:
- {issuer: https://login.example.com, audiences: [gossamer]}
"""
CONFIGURATION = f"{ISSUER}/.well-known/openid-configuration"
KEYS = f"{ISSUER}/keys"


class Web:
    """What URLs answer; a URL without an answer is away."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.asked: list[str] = []

    async def ask(self, url: str, patience: timedelta) -> bytes:
        self.asked.append(url)
        if url not in self.answers:
            raise FetchFailed("it cannot be reached")
        return self.answers[url]

    def serve(self, issuer: str = ISSUER) -> None:
        self.answers[CONFIGURATION] = json.dumps({"issuer": issuer, "jwks_uri": KEYS}).encode()
        self.answers[KEYS] = json.dumps(key_set()).encode()


@pytest.fixture
def web() -> Web:
    return Web()


@pytest.fixture
def keys(tmp_path: Path, web: Web) -> FetchedKeys:
    """With an access file that names no key set."""
    path = tmp_path / "access.yaml"
    path.touch(0o600)
    path.write_text(FILE)
    source = AccessSource(path)
    source.look()
    assert source.findings == ()
    return FetchedKeys(source, web.ask)


async def test_nobody_is_believed_before_the_first_answer(keys: FetchedKeys, web: Web) -> None:
    """And whoever has a good token is, from then on."""
    await keys.fetch(every=True)
    with pytest.raises(BadIdToken, match="kid"):
        person_of(token(), keys.rules(), NOW)
    web.serve()
    await keys.fetch(every=False)
    assert person_of(token(), keys.rules(), NOW).sees("team-a")


async def test_the_last_good_keys_hold(keys: FetchedKeys, web: Web) -> None:
    """While the issuer is away, answers nonsense, or is another one."""
    web.serve()
    await keys.fetch(every=True)
    for answers in ({}, {CONFIGURATION: b"<html>"}):
        web.answers = answers
        await keys.fetch(every=True)
        assert person_of(token(), keys.rules(), NOW).sees("team-a")
    web.serve("https://evil.example.com")
    web.answers[KEYS] = b'{"keys": []}'
    await keys.fetch(every=True)
    assert person_of(token(), keys.rules(), NOW).sees("team-a")


async def test_keys_that_are_known_are_not_asked_for_at_every_look(
    keys: FetchedKeys, web: Web
) -> None:
    """Only when they are to be fetched anew."""
    web.serve()
    await keys.fetch(every=False)
    web.asked.clear()
    await keys.fetch(every=False)
    assert web.asked == []
    await keys.fetch(every=True)
    assert web.asked == [CONFIGURATION, KEYS]

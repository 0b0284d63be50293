"""Bearer tokens: none from the start, shown once, kept as hashes, gone when they are over."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gossamer.plane.access.actor import Role, RoleGrant
from gossamer.plane.access.token_store import MOST_TOKENS, TokenStore, TokensUnreadable
from gossamer.plane.client import PlaneRefused
from tests.plane.access.two_tenants import Tenants, ask, two_tenants

GRANT = RoleGrant(Role.EDITOR, ("team-a",))


class Clock:
    """The time, as a test says."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def store(folder: Path, clock: Clock) -> TokenStore:
    """The tokens of a plane that has its files there."""
    return TokenStore(folder / "tokens.json", clock)


def test_there_are_none_from_the_start(tmp_path: Path) -> None:
    """No default credential opens a plane, nor does the empty one."""
    tokens = store(tmp_path, Clock())
    assert tokens.all() == []
    for text in ("", "_", "__", "gossamer__", "gossamer_admin_admin", "admin", "null"):
        assert tokens.actor(text) is None
    assert not (tmp_path / "tokens.json").exists()


def test_a_token_outlives_its_plane_and_is_nowhere_in_clear(tmp_path: Path) -> None:
    """The file has a hash, and nobody else may read it."""
    made = store(tmp_path, Clock()).create("ci", GRANT, 60)
    again = store(tmp_path, Clock())
    actor = again.actor(made.token)
    assert actor is not None
    assert (actor.name, actor.grants) == ("token:ci", (GRANT,))
    path = tmp_path / "tokens.json"
    assert made.token.rpartition("_")[2] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_near_a_token_is_one(tmp_path: Path) -> None:
    """Another end, another holder's secret, another prefix, a hash of it."""
    tokens = store(tmp_path, Clock())
    mine, other = (tokens.create(name, GRANT, 60).token for name in ("a", "b"))
    prefix, identifier, secret = mine.split("_", 2)
    hashed = json.loads((tmp_path / "tokens.json").read_text())["tokens"][0]["hash"]
    for text in (
        mine[:-1],
        mine + "x",
        f"{prefix}_{identifier}_{other.split('_', 2)[2]}",
        f"join_{identifier}_{secret}",
        f"{prefix}_{identifier}_{hashed}",
        f"{prefix}_{identifier}_",
        f"{prefix}_{identifier}",
        mine.upper(),
    ):
        assert tokens.actor(text) is None, text


def test_it_ends_with_its_time_and_by_deletion(tmp_path: Path) -> None:
    """At once, and over restarts; what expired is not kept."""
    clock = Clock()
    tokens = store(tmp_path, clock)
    short, long = (tokens.create(name, GRANT, life) for name, life in (("s", 10), ("l", 100)))
    clock.now += 10
    assert tokens.actor(short.token) is None
    assert tokens.actor(long.token) is not None
    assert tokens.delete(long.about.id)
    assert not tokens.delete(long.about.id)
    assert store(tmp_path, clock).actor(long.token) is None
    tokens.create("next", GRANT, 10)
    assert [each.name for each in tokens.all()] == ["next"]


def test_there_are_so_many(tmp_path: Path) -> None:
    """Whoever makes them without end meets a bound; expired ones do not count."""
    clock = Clock()
    tokens = store(tmp_path, clock)
    kept = tokens.create("a", GRANT, 1)
    many = {str(n): tokens._tokens[kept.about.id] for n in range(MOST_TOKENS)}
    tokens._tokens = many
    assert tokens.is_full()
    clock.now += 2
    assert not tokens.is_full()


@pytest.mark.parametrize("text", ["{", '{"schema": 2, "tokens": []}', '{"tokens": 7}'])
def test_a_file_that_cannot_be_believed_stops_the_plane(tmp_path: Path, text: str) -> None:
    """It says which file and what to do, and lets nobody in meanwhile."""
    path = tmp_path / "tokens.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(TokensUnreadable, match=r"tokens\.json .* does not start"):
        store(tmp_path, Clock())


def test_a_file_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    """Whoever can write it could make themselves an operator."""
    store(tmp_path, Clock()).create("a", GRANT, 60)
    (tmp_path / "tokens.json").chmod(0o666)
    with pytest.raises(TokensUnreadable, match="can be written by others"):
        store(tmp_path, Clock())


@pytest.fixture
async def tenants(tmp_path: Path) -> AsyncIterator[Tenants]:
    async with two_tenants(tmp_path) as both:
        yield both


@pytest.mark.parametrize(
    ("role", "more", "why"),
    [
        ("operator", {"namespaces": ["team-a"]}, "holds everywhere"),
        ("editor", {}, "holds in no namespace"),
        ("viewer", {"namespaces": ["team-a"], "hosts": ["x.com"]}, "claims no hosts"),
        ("editor", {"namespaces": ["istio-system"]}, "holds for the whole mesh"),
        ("editor", {"namespaces": ["*", "team-a"]}, "stands for all namespaces"),
        ("king", {}, "not as described"),
        ("viewer", {"namespaces": ["a"], "name": "a\nb"}, "not as described"),
        ("viewer", {"namespaces": ["a"], "lifetime_s": 1e9}, "not as described"),
    ],
)
async def test_a_role_that_is_none_makes_no_token(
    tenants: Tenants, role: str, more: dict[str, object], why: str
) -> None:
    """The operator is told what is wrong with it."""
    body = {"name": "x", "role": role, "lifetime_s": 60, **more}
    with pytest.raises(PlaneRefused, match=why):
        await ask(tenants.client().create_token, body)
    assert (await ask(tenants.client().tokens))["tokens"] == []


async def test_a_deleted_token_is_refused_at_once(tenants: Tenants) -> None:
    """401, not what the socket's owner may do."""
    text = await tenants.token("operator")
    client = tenants.client(text)
    assert (await ask(client.who))["name"] == "token:operator"
    (held,) = (await ask(client.tokens))["tokens"]
    assert "token" not in held
    await ask(tenants.client().delete_token, held["id"])
    with pytest.raises(PlaneRefused, match="unknown, has expired or was deleted") as refused:
        await ask(client.documents)
    assert refused.value.status == 401
    with pytest.raises(PlaneRefused, match="no token"):
        await ask(tenants.client().delete_token, held["id"])

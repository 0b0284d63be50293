"""How a host's agent enters the mesh: one private file with its first certificate."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from gossamer.identity.authority import Authority
from gossamer.identity.keys import lifespan, matches, spiffe_of
from gossamer.identity.plan import SpiffeId, agent_template, renew_at
from gossamer.process.clock import utc_now
from gossamer.process.private_files import write_private


class Join(Struct, frozen=True):
    """An agent's own identity: host name, chain, key and roots (PEM)."""

    host: str
    chain: str
    key: str
    roots: str

    @property
    def spiffe(self) -> SpiffeId:
        """The identity that the plane will see."""
        return spiffe_of(self.chain)


class NoJoin(Exception):
    """A join file that cannot be used; the text says why and what to do."""


def issue_join(authority: Authority, host: str) -> Join:
    """What join.json holds for a new agent on `host`: host, chain, key, roots."""
    issued = authority.issue(agent_template(host, authority.trust_domain))
    return Join(host, issued.chain, issued.key, issued.roots)


def ensure_join(authority: Authority, path: Path, host: str) -> bool:
    """Write join.json unless a good one for `host` is there; True if it was written.

    One past its half life, of another host or under another root is replaced, so that a mesh
    started after a month's rest lets its agents in.
    """
    if path.exists() and _still_good(authority, path, host):
        return False
    write_private(path, msgspec.json.encode(issue_join(authority, host)) + b"\n")
    return True


def read_join(path: Path) -> Join:
    """The agent's identity from join.json; NoJoin if it is absent or not whole."""
    try:
        join = msgspec.json.decode(path.read_bytes(), type=Join)
        if not matches(join.key, join.chain):
            raise ValueError("its key does not belong to its certificate")
    except (OSError, ValueError, RecursionError) as error:
        raise NoJoin(
            f"The agent's join file {path} cannot be used: {error!r}. The agent cannot reach the "
            "plane. Remove it and restart the plane, or join the host again with a new token."
        ) from error
    return join


def _still_good(authority: Authority, path: Path, host: str) -> bool:
    try:
        join = read_join(path)
    except NoJoin:
        return False
    span = lifespan(join.chain)
    fresh = utc_now() < renew_at(span.begins, span.ends, 0.0)
    return fresh and join.host == host and authority.signed(join.chain)

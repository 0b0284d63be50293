"""Join tokens: made by an operator, shown once, good for one join, kept as hashes.

A token is used in one transaction of SQLite, so of two who show the same one at the same moment one
is let in. Used tokens are remembered until they would have expired: whoever shows one again is
told, and so is the log, for one of the two stole it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gossamer.identity.attest.wanted import fits
from gossamer.identity.plan import CsrRefused, SpiffeId
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import open_private

PREFIX = "gossamer-join"
LONGEST_S, USUAL_S = 86_400.0, 600.0
MOST = 1_000
_SCHEMA = 1
_log = EventLog("gossamer.identity")


@dataclass(frozen=True, slots=True)
class JoinToken:
    """A token as it is shown once, whom it is for, and when it ends (seconds since 1970)."""

    text: str
    pattern: str
    expires: float


class TooManyTokens(Exception):
    """So many tokens wait to be used that no other is made."""


class JoinTokens:
    """The tokens of one plane, in a database of its own."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        open_private(path).close()
        self._clock = clock
        self._turn = threading.Lock()
        self._rows = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._rows.execute("PRAGMA synchronous = FULL")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS token (id TEXT PRIMARY KEY, hash TEXT NOT NULL, "
            "pattern TEXT NOT NULL, expires REAL NOT NULL, used_by TEXT)"
        )
        if self._rows.execute("PRAGMA user_version").fetchone() != (_SCHEMA,):
            self._rows.execute(f"PRAGMA user_version = {_SCHEMA}")

    def create(self, pattern: str, seconds: float) -> JoinToken:
        """A token for one identity of a pattern. Raises TooManyTokens."""
        identifier, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        now = self._clock()
        expires = now + min(LONGEST_S, seconds)
        with self._turn:
            self._rows.execute("DELETE FROM token WHERE expires <= ?", (now,))
            if self._rows.execute("SELECT count(*) FROM token").fetchone()[0] >= MOST:
                raise TooManyTokens
            row = (identifier, _hash(secret), pattern, expires)
            self._rows.execute("INSERT INTO token VALUES (?, ?, ?, ?, NULL)", row)
        return JoinToken(f"{PREFIX}_{identifier}_{secret}", pattern, expires)

    def use(self, text: str, spiffe: SpiffeId) -> None:
        """Let this identity join by a token, once. Raises CsrRefused."""
        prefix, _, rest = text.partition("_")
        identifier, _, secret = rest.partition("_")
        with self._turn:
            self._rows.execute("BEGIN IMMEDIATE")
            try:
                self._use(identifier if prefix == PREFIX else "", secret, spiffe)
            except BaseException:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def _use(self, identifier: str, secret: str, spiffe: SpiffeId) -> None:
        row = self._rows.execute(
            "SELECT hash, pattern, expires, used_by FROM token WHERE id = ?", (identifier,)
        ).fetchone()
        hashed, pattern, expires, used_by = row or ("0" * 64, "", 0.0, None)
        if not hmac.compare_digest(_hash(secret), hashed):
            raise _refused(spiffe, "the join token is not known here")
        if expires <= self._clock():
            raise _refused(spiffe, "the join token has expired")
        if used_by is not None:
            _log.warning("join-token-replayed", token=identifier, by=str(spiffe), used_by=used_by)
            raise _refused(
                spiffe,
                f"the join token was used by {used_by}. If that was not you, ban it",
            )
        if not fits(pattern, spiffe):
            raise _refused(spiffe, f"the join token is for {pattern}")
        self._rows.execute("UPDATE token SET used_by = ? WHERE id = ?", (str(spiffe), identifier))

    def close(self) -> None:
        """Let go of the database."""
        self._rows.close()


def _hash(secret: str) -> str:
    """The secret is 256 random bits: there is nothing to guess, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _refused(spiffe: SpiffeId, why: str) -> CsrRefused:
    return CsrRefused(
        f"{spiffe} is not let in: {why}. Nothing is signed. "
        "Make another token: gossamer token create --for IDENTITY"
    )

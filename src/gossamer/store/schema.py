"""The SQLite file: how it is opened, what is in it, and when it is refused."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from gossamer.store.failure import StoreDamaged, StoreUnavailable

SCHEMA_VERSION = 1
_BUSY_SECONDS = 5.0

_PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",  # one control plane a store; also no shared-memory file
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an answered apply survives a power cut
    "PRAGMA trusted_schema = OFF",
)

FileFault = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite raises over a file; the second over the text of an error that names a broken name."""

_TABLES = """
BEGIN IMMEDIATE;
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
  group_kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  body BLOB NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL,
  created_revision INTEGER NOT NULL, revision INTEGER NOT NULL, created_at TEXT NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (group_kind, namespace, name)
);
CREATE TABLE changes (
  revision INTEGER PRIMARY KEY,
  group_kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL
);
CREATE INDEX changes_by_key ON changes (group_kind, namespace, name, revision);
INSERT INTO meta VALUES ('schema', %d), ('revision', 0), ('oldest', 1);
COMMIT;
"""
_SCHEMA = sorted(each.strip() for each in _TABLES.split(";") if each.strip().startswith("CREATE"))
"""What SQLite keeps of it: the statements, to the letter."""


def connect(path: Path) -> sqlite3.Connection:
    """The open, checked database; a new one is made with mode 0600.

    Raises StoreUnavailable where it cannot be opened, StoreDamaged where its content is broken.
    """
    try:
        touch(path)
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise unavailable(path, error) from error
    try:
        _prepare(connection, path)
    except FileFault as error:
        connection.close()
        raise unavailable(path, error) from error
    except StoreUnavailable:
        connection.close()
        raise
    return connection


def touch(path: Path) -> None:
    """Make the file, and its folder, for its owner alone, where it is not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        connection.executescript(_TABLES % SCHEMA_VERSION)
    problems = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if problems != ("ok",):
        raise damaged(path, str(problems[0]))
    _check_version(connection, path)
    statements = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
    if sorted(text for (text,) in statements) != _SCHEMA:
        raise damaged(path, "its tables are not as they were made")


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    row = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
    if row is None:
        raise damaged(path, "it has no schema version")
    if row[0] != SCHEMA_VERSION:
        raise StoreUnavailable(
            f"The store {path} has schema {row[0]}, this Gossamer reads {SCHEMA_VERSION}. "
            "The control plane does not start with it. "
            "Use the Gossamer that wrote it, or move the file away and apply your files again"
        )


def damaged(path: Path, what: str) -> StoreDamaged:
    """The error for a file whose content cannot be trusted."""
    return StoreDamaged(
        f"The store {path} is damaged: {what}. Nothing is read from it or written to it; "
        "proxies keep what they have. Put a good file in its place, or move it away "
        "(with the -wal and -copy files beside it) and apply your files again"
    )


def unavailable(path: Path, error: Exception) -> StoreUnavailable:
    """The error for a file that cannot be used now, with the likely cause."""
    text = str(error)
    if isinstance(error, FileFault) and any(phrase in text.lower() for phrase in _DAMAGE):
        return damaged(path, text)
    remedy = next(
        (remedy for phrase, remedy in _REMEDIES if phrase in text.lower()),
        "Check the disk; the next attempt opens the file again",
    )
    return StoreUnavailable(
        f"The store {path} cannot be used: {text}. Nothing was written; proxies keep what they "
        f"have. {remedy}"
    )


_DAMAGE = ("malformed", "not a database", "could not decode", "can't decode", "no such")
_REMEDIES = (
    ("locked", "Another control plane has it open: stop that one first"),
    ("full", "Make room on its disk"),
    ("no space", "Make room on its disk"),
    ("quota", "Make room on its disk"),
    ("readonly", "Make the file and its folder writable for this user"),
    ("read-only", "Make the file system writable"),
    ("permission", "Make the file and its folder writable for this user"),
    ("unable to open", "See that its folder exists and is writable for this user"),
)

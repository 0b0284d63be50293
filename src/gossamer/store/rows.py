"""Documents in and out of the SQLite tables: plain functions on an open connection.

Each row carries a digest of its content, because SQLite's own check sees a broken page but not a
flipped bit inside a text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TypeAlias

from gossamer.store.document import (
    ABSENT,
    Change,
    Document,
    DocumentKey,
    Event,
    Put,
    WriteOutcome,
    WriteResult,
)
from gossamer.store.failure import Compacted, Conflict

_COLUMNS = (
    "group_kind, namespace, name, body, file, line, created_revision, revision, created_at, digest"
)
_KEY = "group_kind = ? AND namespace = ? AND name = ?"


Birth: TypeAlias = tuple[int, datetime]
"""The revision and time that documents made in a batch have as their creation."""


class RowDamaged(Exception):
    """A row's content does not fit its digest."""


def head(connection: sqlite3.Connection) -> int:
    """The store's revision."""
    return _meta(connection, "revision")


def all_documents(connection: sqlite3.Connection) -> tuple[Document, ...]:
    """Every document in the order of keys. Raises RowDamaged."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM documents ORDER BY group_kind, namespace, name"
    ).fetchall()  # an open cursor would keep the file locked while an error tells of it
    return tuple(_document(row) for row in rows)


def content(connection: sqlite3.Connection) -> tuple[int, list[tuple[bytes]]]:
    """All that is held, as revision and digests: equal for equal stores. Raises RowDamaged."""
    held = "SELECT digest FROM documents ORDER BY group_kind, namespace, name"
    return head(connection), connection.execute(held).fetchall()


def write(
    connection: sqlite3.Connection, changes: Sequence[Change], now: datetime, keep: int
) -> WriteResult:
    """All changes, in a transaction that is the caller's. Raises Conflict, RowDamaged."""
    before = revision = head(connection)
    outcomes = []
    for change in changes:
        outcome, changed = _apply(connection, change, revision + 1, (before + 1, now))
        revision += changed
        outcomes.append(outcome)
    if revision > before:
        _set(connection, "revision", revision)
        _forget(connection, revision - keep)
    return WriteResult(revision, tuple(outcomes))


def commit(
    connection: sqlite3.Connection, changes: Sequence[Change], now: datetime, keep: int
) -> WriteResult:
    """All changes in one transaction, on disk when it returns. Raises Conflict, RowDamaged."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        written = write(connection, changes, now, keep)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return written


def events_after(connection: sqlite3.Connection, after: int, limit: int) -> tuple[int, list[Event]]:
    """Up to `limit` changes after a revision, and the revision they reach. Raises Compacted.

    A change that a later one has overtaken is left out: the later one tells the document.
    """
    newest, oldest = head(connection), _meta(connection, "oldest")
    if not oldest - 1 <= after <= newest:
        raise Compacted(after, oldest, newest)
    rows = connection.execute(
        "SELECT revision, group_kind, namespace, name FROM changes "
        "WHERE revision > ? ORDER BY revision LIMIT ?",
        (after, limit),
    ).fetchall()
    return (rows[-1][0] if rows else after), list(_events(connection, rows))


def _events(
    connection: sqlite3.Connection, rows: list[tuple[int, str, str, str]]
) -> Iterator[Event]:
    for revision, *names in rows:
        key = DocumentKey(*names)
        last = connection.execute(
            f"SELECT max(revision) FROM changes WHERE {_KEY}", _values(key)
        ).fetchone()[0]
        if last == revision:
            yield Event(revision, key, _find(connection, key))


def _apply(
    connection: sqlite3.Connection, change: Change, revision: int, born: Birth
) -> tuple[WriteOutcome, bool]:
    """What the change did, and whether it took the revision."""
    key = change.document.key if isinstance(change, Put) else change.key
    present_document = _find(connection, key)
    present = present_document.revision if present_document else ABSENT
    if change.expected is not None and change.expected != present:
        raise Conflict(key, change.expected, present)
    if isinstance(change, Put):
        return _put(connection, change.document, present_document, revision, born)
    if present_document is None:
        return WriteOutcome.NOT_FOUND, False
    connection.execute(f"DELETE FROM documents WHERE {_KEY}", _values(key))
    _log(connection, key, revision)
    return WriteOutcome.DELETED, True


def _put(
    connection: sqlite3.Connection,
    document: Document,
    present: Document | None,
    revision: int,
    born: Birth,
) -> tuple[WriteOutcome, bool]:
    place = (document.file, document.line)
    same = present is not None and present.body == document.body
    if present and same and (present.file, present.line) == place:
        return WriteOutcome.UNCHANGED, False
    created = (present.created_revision, present.created_at) if present else born
    times = (created[0], revision, created[1].isoformat())
    row = (*_values(document.key), document.body, *place, *times)
    connection.execute(
        f"INSERT OR REPLACE INTO documents ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (*row, _digest(row)),
    )
    _log(connection, document.key, revision)
    if present is None:
        return WriteOutcome.CREATED, True
    return (WriteOutcome.UNCHANGED if same else WriteOutcome.CONFIGURED), True


def _find(connection: sqlite3.Connection, key: DocumentKey) -> Document | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM documents WHERE {_KEY}", _values(key)
    ).fetchone()
    return _document(row) if row else None


def _document(row: tuple[object, ...]) -> Document:
    *content, digest = row
    if _digest(tuple(content)) != digest:
        raise RowDamaged(f"{content[0]} {content[1]}/{content[2]} is not as it was written")
    group_kind, namespace, name, body, file, line, created, revision, created_at = content
    return Document(
        DocumentKey(str(group_kind), str(namespace), str(name)),
        bytes(body),  # type: ignore[call-overload]
        str(file),
        int(str(line)),
        int(str(created)),
        int(str(revision)),
        datetime.fromisoformat(str(created_at)),
    )


def _digest(content: tuple[object, ...]) -> bytes:
    digest = blake2b(digest_size=16)
    for value in content:
        raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.digest()


def _log(connection: sqlite3.Connection, key: DocumentKey, revision: int) -> None:
    connection.execute("INSERT INTO changes VALUES (?,?,?,?)", (revision, *_values(key)))


def _forget(connection: sqlite3.Connection, up_to: int) -> None:
    if up_to >= _meta(connection, "oldest"):
        connection.execute("DELETE FROM changes WHERE revision <= ?", (up_to,))
        _set(connection, "oldest", up_to + 1)


def _values(key: DocumentKey) -> tuple[str, str, str]:
    return (key.group_kind, key.namespace, key.name)


def _meta(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise RowDamaged(f"its {name} is missing")
    return int(row[0])


def _set(connection: sqlite3.Connection, name: str, value: int) -> None:
    connection.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))

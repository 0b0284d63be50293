"""The second file: what was acknowledged survives bytes that rot in the first.

Every write goes to the store's own file and then, before it is answered, to `STEM-copy.db` beside
it. When the store is opened, the two are compared: a first file that is damaged, lost, or behind
(SQLite drops the end of a log whose bytes were changed, without a word) is made anew from the copy
and moved away for its owner; in any other case the copy is made anew from the first.
All functions run in the store's thread.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from gossamer.process.event_log import EventLog
from gossamer.store import rows
from gossamer.store.document import Change
from gossamer.store.failure import Conflict, StoreDamaged, StoreUnavailable
from gossamer.store.schema import FileFault, connect, damaged, touch, unavailable

KEPT_ASIDE = 3
"""Damaged files that stay for their owner to look at; older ones are removed."""

_WAL = "-wal"
_log = EventLog("gossamer.store")


def set_aside(folder: Path, name: str = "store.db") -> tuple[Path, ...]:
    """The damaged files that were moved away, oldest first."""
    paths = sorted(folder.glob(f"{name}.damaged-*"))
    return tuple(path for path in paths if not path.name.endswith(_WAL))


class Copy:
    """A store's copy: it fixes the store's own file, and follows its writes."""

    def __init__(self, first: Path) -> None:
        self._first = first
        self._path = first.with_name(f"{first.stem}-copy{first.suffix}")
        self._connection: sqlite3.Connection | None = None

    def open_first(self, now: datetime) -> sqlite3.Connection:
        """The store's own file, checked to the last row, and made from the copy if need be.

        Raises StoreDamaged where neither file can be trusted, else StoreUnavailable.
        """
        self.close()
        try:
            first = _sound(self._first)
        except StoreDamaged as error:
            return self._made_from_copy(now, error)
        copy = self._sound_copy()
        if copy is not None and rows.head(copy) > rows.head(first):
            lead = rows.head(copy) - rows.head(first)
            copy.close()
            first.close()
            return self._made_from_copy(now, damaged(self._first, f"it lacks {lead} changes"))
        if copy is not None and rows.content(copy) == rows.content(first):
            self._connection = copy
            return first
        if copy is not None:
            copy.close()
        self._try_to_renew(first)
        return first

    def follow(
        self, first: sqlite3.Connection, changes: Sequence[Change], now: datetime, keep: int
    ) -> None:
        """Write to the copy what the first file has just taken; on disk when it returns.

        A copy that cannot follow is reported in the log, not to the writer: what they wrote is on
        disk once. It is made anew with the next write.
        """
        if not self._followed(first, changes, now, keep):
            self._try_to_renew(first)

    def close(self) -> None:
        """Let go of the copy's file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _sound_copy(self) -> sqlite3.Connection | None:
        try:
            return _sound(self._path) if self._path.exists() else None
        except StoreUnavailable:
            return None

    def _followed(
        self, first: sqlite3.Connection, changes: Sequence[Change], now: datetime, keep: int
    ) -> bool:
        if self._connection is None:
            return False
        try:
            copied = rows.commit(self._connection, changes, now, keep)
        except (*FileFault, rows.RowDamaged, Conflict):
            return False
        return copied.revision == rows.head(first)

    def _made_from_copy(self, now: datetime, error: StoreDamaged) -> sqlite3.Connection:
        copy = self._sound_copy()
        if copy is None:
            raise error
        fresh = self._first.with_name(f"{self._first.name}.new")
        self._connection = copy
        _duplicate(copy, fresh)
        try:
            aside = self._set_aside(now)
            os.replace(fresh, self._first)
            _sync_folder(self._first.parent)
        except OSError as away:
            raise unavailable(self._first, away) from away
        _log.warning("store-repaired", reason=str(error).partition(". ")[0], aside=aside)
        return _sound(self._first)

    def _set_aside(self, now: datetime) -> str:
        aside = f"{self._first.name}.damaged-{now:%Y%m%d-%H%M%S}"
        for suffix in (_WAL, ""):  # the log first: it must never meet another file
            part = self._first.with_name(self._first.name + suffix)
            if part.exists():
                os.replace(part, self._first.with_name(aside + suffix))
        for old in set_aside(self._first.parent, self._first.name)[:-KEPT_ASIDE]:
            old.unlink()
            old.with_name(old.name + _WAL).unlink(missing_ok=True)
        return aside

    def _try_to_renew(self, first: sqlite3.Connection) -> None:
        self.close()
        try:
            self._renew(first)
        except StoreUnavailable as error:
            effect = "damage of the store would now lose what was acknowledged since"
            _log.warning("store-copy-behind", effect=effect, reason=error)

    def _renew(self, first: sqlite3.Connection) -> None:
        """A copy of all that the first file holds, in place of what was there."""
        fresh = self._path.with_name(f"{self._path.name}.new")
        _duplicate(first, fresh)
        try:
            self._path.with_name(self._path.name + _WAL).unlink(missing_ok=True)
            os.replace(fresh, self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise unavailable(self._path, error) from error
        self._connection = connect(self._path)


def _sound(path: Path) -> sqlite3.Connection:
    """The file, if each of its pages and rows is as it was written."""
    connection = connect(path)
    try:
        rows.all_documents(connection)
        rows.head(connection)
    except rows.RowDamaged as error:
        connection.close()
        raise damaged(path, str(error)) from error
    except FileFault as error:
        connection.close()
        raise unavailable(path, error) from error
    return connection


def _duplicate(source: sqlite3.Connection, path: Path) -> None:
    """All of a database in a new file, on disk when it returns. Raises StoreUnavailable."""
    try:
        for part in (path, path.with_name(path.name + _WAL)):
            part.unlink(missing_ok=True)
        touch(path)
        with closing(sqlite3.connect(path)) as target:
            source.backup(target)
        with path.open("rb") as written:
            os.fsync(written.fileno())
    except (OSError, *FileFault) as error:
        raise unavailable(path, error) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

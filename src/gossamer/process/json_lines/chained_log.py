"""An append-only log of JSON lines, each of which holds a hash of all before it.

Whoever changes, removes or inserts a line breaks the chain from there on, and `verify` names the
line. It cannot show that the end was cut off, or that the file was written anew from the start:
note the `head` somewhere else for that. The file is private (0600), a line is on disk before
`append` returns, and text is escaped, so no value can begin a line of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.process.json_lines.line import Payload, read_object
from gossamer.process.private_files import open_private

START = "0" * 64
"""What the first line has for the hash of those before it."""

NUMBER, CHAIN = "n", "chain"
"""The two fields that the log adds to each entry."""

_STEP = 64 * 1024


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """How many lines there are, the hash of the last, and the first one that does not fit.

    `broken_line` counts from 1, and is None where the chain is whole.
    """

    lines: int
    head: str
    broken_line: int | None = None
    reason: str = ""


class ChainedLog:
    """One log, of which this process is the only writer."""

    def __init__(self, path: Path) -> None:
        """Go on from the last whole line. A torn one was never confirmed, and is removed."""
        self._path = path
        self._number, self._head = _mend(path)

    @property
    def head(self) -> str:
        """The hash of the last line, which stands for the whole log."""
        return self._head

    def append(self, entries: Iterable[Payload]) -> None:
        """Add these entries, durably, in one write. Raises OSError, and then nothing counts."""
        number, head, lines = self._number, self._head, []
        for entry in entries:
            number += 1
            numbered = {NUMBER: number, **entry}
            head = _hash(head, numbered)
            lines.append(_text({**numbered, CHAIN: head}) + b"\n")
        if not lines:
            return
        _write(self._path, b"".join(lines))
        self._number, self._head = number, head


def _write(path: Path, lines: bytes) -> None:
    with open_private(path) as file:
        before = os.fstat(file.fileno()).st_size
        try:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                os.ftruncate(file.fileno(), before)
            raise


def read_entries(path: Path) -> Iterator[dict[str, Any]]:
    """The entries in their order, with number and hash; lines that hold none are passed over."""
    for line in _lines(path):
        entry = read_object(line)
        if entry is not None:
            yield entry


def verify(path: Path) -> ChainVerdict:
    """Whether every line is what was written after the line before it."""
    count, head = 0, START
    for count, line in enumerate(_lines(path), start=1):
        reason, head = _check(line, count, head)
        if reason:
            return ChainVerdict(count, head, count, reason)
    return ChainVerdict(count, head)


def _check(line: bytes, number: int, before: str) -> tuple[str, str]:
    """What is wrong with a line, if anything, and its hash."""
    entry = read_object(line)
    if entry is None:
        return "is not a JSON object", before
    chain = entry.pop(CHAIN, None)
    if entry.get(NUMBER) != number:
        return f"has the number {entry.get(NUMBER)!r}, not {number}", before
    if chain != _hash(before, entry):
        return "is not what was written there", before
    return "", str(chain)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return


def _hash(before: str, entry: Payload) -> str:
    return hashlib.sha256(before.encode() + _text(entry)).hexdigest()


def _text(entry: Payload) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode()


def _mend(path: Path) -> tuple[int, str]:
    """The number and hash of the last whole line, once what is torn behind it is cut off."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0, START
    with open_private(path) as file:
        tail, whole = _tail(path, size)
        if whole < size:
            file.truncate(whole)
    entry = read_object(tail) if tail else None
    if entry is None:
        return 0, (hashlib.sha256(tail).hexdigest() if tail else START)
    return int(entry.get(NUMBER) or 0), str(entry.get(CHAIN) or hashlib.sha256(tail).hexdigest())


def _tail(path: Path, size: int) -> tuple[bytes, int]:
    """The last line that ends, and where it ends in the file."""
    with path.open("rb") as file:
        begin = size
        while begin > 0:
            begin = max(0, begin - _STEP)
            file.seek(begin)
            text = file.read(size - begin)
            end = text.rfind(b"\n")
            start = text.rfind(b"\n", 0, max(end, 0))
            if end >= 0 and (start >= 0 or begin == 0):
                return text[start + 1 : end + 1], begin + end + 1
    return b"", 0

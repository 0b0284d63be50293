"""One line of the issuance log, and how lines hold on to each other. Pure.

A line is JSON that ends in its own digest: SHA-256 over all that stands before it. It names the
digest of the line before, so whoever changes, drops or swaps a line has to write all later ones
anew.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

EventKind = Literal["issued", "banned", "unbanned"]
"""What happened: a certificate was signed, an identity was banned, or a ban was lifted."""

NOTHING = "0" * 64
"""What the very first line calls the digest before it."""

_DIGEST = re.compile(rb',"digest":"([0-9a-f]{64})"\}')
_TAIL = len(',"digest":""}') + 64


class IdentityEvent(Struct, frozen=True, omit_defaults=True):
    """What there is to record; times are RFC 3339. `key` is the SHA-256 of the public key (DER)."""

    event: EventKind
    spiffe: str
    asked_by: str
    dns: tuple[str, ...] = ()
    serial: str = ""
    not_after: str = ""
    key: str = ""
    until: str = ""


class Entry(Struct, frozen=True, omit_defaults=True):
    """An event in its place: `previous` is the digest of the line before."""

    sequence: int
    time: str
    event: EventKind
    spiffe: str
    asked_by: str
    previous: str
    dns: tuple[str, ...] = ()
    serial: str = ""
    not_after: str = ""
    key: str = ""
    until: str = ""


class ChainedEntry(Entry, frozen=True, kw_only=True):
    """An entry as its line says it, with its own digest."""

    digest: str


@dataclass(frozen=True, slots=True)
class LogPosition:
    """How far a log goes: the last line's sequence and digest."""

    sequence: int = 0
    digest: str = NOTHING


class BadLine(ValueError):
    """A line that is not what it should be; the text says why."""


def line_after(place: LogPosition, time: str, event: IdentityEvent) -> tuple[bytes, LogPosition]:
    """The line (with its newline) that records an event, and the place after it."""
    fields = msgspec.structs.asdict(event)
    entry = Entry(sequence=place.sequence + 1, time=time, previous=place.digest, **fields)
    body = msgspec.json.encode(entry)
    digest = _digest_of(body)
    line = body[:-1] + b',"digest":"' + digest.encode() + b'"}\n'
    return line, LogPosition(entry.sequence, digest)


def read_line(line: bytes) -> ChainedEntry:
    """The entry of one line (without newline), its own digest checked. Raises BadLine."""
    ending = _DIGEST.fullmatch(line[-_TAIL:])
    if ending is None:
        raise BadLine("it does not end in a digest")
    if _digest_of(line[:-_TAIL] + b"}") != ending[1].decode():
        raise BadLine("its digest is not of what it says: it was changed")
    try:
        return msgspec.json.decode(line, type=ChainedEntry)
    except ValueError as error:
        raise BadLine(f"it is not an entry of the log: {error}") from error


def follows(place: LogPosition, entry: ChainedEntry) -> LogPosition:
    """The place after `entry`, where it comes right after `place`. Raises BadLine."""
    if entry.sequence != place.sequence + 1:
        raise BadLine(
            f"its sequence is {entry.sequence}, after {place.sequence}: lines are missing"
        )
    if entry.previous != place.digest:
        raise BadLine("it does not follow the line before it: one of the two was replaced")
    return LogPosition(entry.sequence, entry.digest)


def _digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def rfc3339(moment: datetime) -> str:
    """A time as it stands in the log, in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

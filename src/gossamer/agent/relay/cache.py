"""A proxy's last good resources on disk, so that a restarted Envoy serves while the plane is away.

One append-only log per proxy: a change is written before it is forwarded, and costs one small
write. A record is length, CRC-32 and payload. Bytes that are no whole record are stepped over when
the log is opened, be it an end that a crash tore off or a record that rotted among others; then,
and when most of the log is history, it is written anew and renamed into place.

Keys are not kept: a secret with anything but a validation context stays in memory alone.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gossamer.contract.type_urls import SECRET
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_private
from gossamer.xds import wire
from gossamer.xds.frame import Resource, body_of, parse_frame

HEADER = b"gossamer-cache 1\n"
"""Names the format and its version."""

HISTORY_AT_MOST = 1 << 20
"""Bytes of outdated records before the log is written anew (or as many as live ones, if more)."""

_HEAD = struct.Struct("<II")
_TYPE_URL, _FRAME, _LOST = 1, 2, 3
_PUBLIC_SECRET_FIELDS = {1, 4}  # name, validation_context

_log = EventLog("gossamer.agent")

Key = tuple[str, str]


class Cache:
    """The log of one proxy."""

    def __init__(self, path: Path, share: Callable[[Resource], Resource] = lambda r: r) -> None:
        """Open or make the log. A log of another version is started anew.

        `share` may give an equal resource that is in memory already.
        """
        self._path = path
        self._share = share
        self._live: dict[Key, Resource] = {}
        self._live_bytes = 0
        self._size = 0
        self._load()

    def resources(self) -> dict[str, dict[str, Resource]]:
        """What is kept, by type and name."""
        kept: dict[str, dict[str, Resource]] = {}
        for (type_url, name), resource in self._live.items():
            kept.setdefault(type_url, {})[name] = resource
        return kept

    def write(self, changes: Iterable[tuple[str, str, Resource | None]]) -> None:
        """Keep (type URL, name, resource) or, without a resource, lose the name.

        Raises OSError if the disk does not take it; the log is then written whole next time.
        """
        records = [self._apply(*change) for change in changes]
        data = b"".join(records)
        if not data:
            return
        history = self._size + len(data) - self._live_bytes
        if self._size == 0 or history > max(HISTORY_AT_MOST, self._live_bytes):
            self._rewrite()
            return
        size, self._size = self._size, 0  # a write that fails leaves a log to write anew
        with open(self._path, "ab", buffering=0) as log:
            if log.write(data) != len(data):
                raise OSError(f"{self._path}: short write")
        self._size = size + len(data)

    def _apply(self, type_url: str, name: str, resource: Resource | None) -> bytes:
        """Change what is live; the record that says so."""
        if resource is not None and _may_be_kept(type_url, resource):
            self._keep((type_url, name), resource)
            return _record(type_url, wire.field(_FRAME, resource.frame))
        return _record(type_url, wire.text(_LOST, name)) if self._lose((type_url, name)) else b""

    def _keep(self, key: Key, resource: Resource) -> None:
        self._lose(key)
        self._live[key] = resource
        self._live_bytes += len(resource.frame) + len(key[0])

    def _lose(self, key: Key) -> bool:
        resource = self._live.pop(key, None)
        if resource is None:
            return False
        self._live_bytes -= len(resource.frame) + len(key[0])
        return True

    def _rewrite(self) -> None:
        records = [_record(t, wire.field(_FRAME, r.frame)) for (t, _), r in self._live.items()]
        data = HEADER + b"".join(records)
        self._size = 0
        write_private(self._path, data)
        self._size = len(data)

    def _load(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        if not data.startswith(HEADER):
            _log.warning("cache-unreadable", file=str(self._path), begins=repr(data[:32]))
            return
        whole = len(HEADER)
        for payload in _records(data, len(HEADER)):
            if self._replay(payload):
                whole += _HEAD.size + len(payload)
        if lost := len(data) - whole:
            _log.warning("cache-damaged", file=str(self._path), lost_bytes=lost)
        self._size = 0 if lost else len(data)  # 0: the next write writes it anew

    def _replay(self, payload: bytes) -> bool:
        """Apply one record; False if it cannot be read."""
        try:
            fields = {number: payload[begin:end] for number, _, begin, end in wire.spans(payload)}
            type_url = fields[_TYPE_URL].decode()
            if _FRAME in fields:
                resource = self._share(parse_frame(fields[_FRAME]))
                self._keep((type_url, resource.name), resource)
            else:
                self._lose((type_url, fields[_LOST].decode()))
        except (KeyError, ValueError):
            return False
        return True


def _record(type_url: str, change: bytes) -> bytes:
    payload = wire.text(_TYPE_URL, type_url) + change
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def _records(data: bytes, at: int) -> Iterator[bytes]:
    """The payloads of whole records, in order; what is none is stepped over byte by byte."""
    while at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        begin, end = at + _HEAD.size, at + _HEAD.size + length
        if length and end <= len(data) and zlib.crc32(data[begin:end]) == checksum:
            yield data[begin:end]
            at = end
        else:
            at += 1


def _may_be_kept(type_url: str, resource: Resource) -> bool:
    if type_url != SECRET:
        return True
    body = body_of(resource) or b""
    return all(number in _PUBLIC_SECRET_FIELDS for number, *_ in wire.spans(body))

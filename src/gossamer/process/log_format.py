"""How a log record is written: a line of text for people, or a line of JSON for programs.

Both are one line to a record (a traceback's lines are indented in the text), show control
characters instead of sending them, and never hold what a secret's name or a private key's armour
gives away. Fields come from `EventLog`, and from anybody's `extra=`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from gossamer.process.visible import one_line, visible

REDACTED = "[redacted]"

_ATTRIBUTES = {"message", "asctime", "taskName", "fields", "color_message"} | set(
    vars(logging.makeLogRecord({}))
)
"""What every record has, or a library adds for a console of its own: no fields of an event."""

_BARE = re.compile(r"[^\s\"'=\\{}\[\]]+")
_SECRET_NAME = re.compile(
    r"passw(or)?d|secret|token|credential|authorization|cookie|(private|api)_?key", re.IGNORECASE
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


class TextFormat(logging.Formatter):
    """`2026-01-02T03:04:05.678Z INFO gossamer.agent signed pod=default/web ends=…`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the indented lines of a traceback."""
        head = f"{_time(record)} {record.levelname} {record.name} {one_line(_event(record))}"
        fields = (f"{one_line(name)}={_as_text(value)}" for name, value in _fields(record))
        line = " ".join((head, *fields))
        if trace := _trace(self, record):
            line += "\n" + "\n".join(f"  {visible(each)}" for each in trace.split("\n"))
        return line


class JsonFormat(logging.Formatter):
    """One object a line: time, level, logger, event, then the event's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """ASCII, so that no reader's encoding and no control character matters."""
        own = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        fields = {f"{name}_" if name in own else name: value for name, value in _fields(record)}
        if trace := _trace(self, record):
            fields["traceback"] = trace
        return json.dumps({**own, **fields}).replace("\x7f", "\\u007f")


def _time(record: logging.LogRecord) -> str:
    when = datetime.fromtimestamp(record.created, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(record: logging.LogRecord) -> str:
    return _without_keys(record.getMessage())


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
    """The fields in the order they were given, as plain JSON values."""
    held = vars(record)
    extra = {name: value for name, value in held.items() if name not in _ATTRIBUTES}
    for name, value in {**held.get("fields", {}), **extra}.items():
        yield name, REDACTED if _SECRET_NAME.search(name) else _plain(value)


def _plain(value: Any) -> Any:
    """Its JSON value; bytes by their number, since nobody reads them and they may be a key."""
    match value:
        case None | bool() | int() | float():
            return value
        case bytes() | bytearray():
            return f"<{len(value)} bytes>"
        case Mapping():
            named = ((str(name), each) for name, each in value.items())
            return {k: REDACTED if _SECRET_NAME.search(k) else _plain(v) for k, v in named}
        case list() | tuple() | set() | frozenset():
            return [_plain(each) for each in value]
    return _without_keys(str(value))


def _as_text(value: Any) -> str:
    if isinstance(value, str) and _BARE.fullmatch(value) and visible(value) == value:
        return value
    return visible(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    trace = formatter.formatException(record.exc_info) if record.exc_info else ""
    return _without_keys("\n".join(part for part in (trace, record.stack_info) if part))


def _without_keys(text: str) -> str:
    return _PRIVATE_KEY.sub(REDACTED, text)

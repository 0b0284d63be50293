"""How long ago something was, in kubectl's few letters."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_YEAR = 365 * _DAY
UNKNOWN = "<unknown>"


def age(moment: str | None, now: datetime | None = None) -> str:
    """The age of an ISO time: `90s`, `3m20s`, `5h`, `2d3h`."""
    if not moment:
        return UNKNOWN
    past = (now or datetime.now(UTC)) - datetime.fromisoformat(moment)
    return short_duration(past.total_seconds())


def short_duration(seconds: float) -> str:
    """As kubectl writes a duration: two units while the smaller one matters, then one."""
    whole = max(0, int(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if whole < 10 * _MINUTE:
        return _two(whole, _MINUTE, "m", 1, "s")
    if whole < 3 * _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < 8 * _HOUR:
        return _two(whole, _HOUR, "h", _MINUTE, "m")
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    if whole < 8 * _DAY:
        return _two(whole, _DAY, "d", _HOUR, "h")
    if whole < 2 * _YEAR:
        return f"{whole // _DAY}d"
    return _two(whole, _YEAR, "y", _DAY, "d") if whole < 8 * _YEAR else f"{whole // _YEAR}y"


def _two(whole: int, unit: int, letter: str, smaller: int, small_letter: str) -> str:
    rest = whole % unit // smaller
    return f"{whole // unit}{letter}" + (f"{rest}{small_letter}" if rest else "")

"""Whether one match takes every request that another takes. In doubt it does not."""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.model.traffic.route import Compare, Match, NamedMatch, StringMatch

PREFIXES = (Compare.PREFIX, Compare.PATH_PREFIX)
ANYTHING = (".*", "^.*$", "^.*", ".*$")


def covers(wide: Match, narrow: Match) -> bool:
    """Whether every request of `narrow` is one of `wide`."""
    return (
        _path_covers(wide.path, narrow.path)
        and _covers(wide.method, narrow.method)
        and _covers(wide.authority, narrow.authority)
        and _covers(wide.scheme, narrow.scheme)
        and _all_implied(wide.headers, narrow.headers)
        and _all_implied(wide.query, narrow.query)
        and set(wide.claims) <= set(narrow.claims)
        and wide.port in (None, narrow.port)
        and set(wide.source_labels) <= set(narrow.source_labels)
        and wide.source_namespace in (None, narrow.source_namespace)
        and (not wide.gateways or (bool(narrow.gateways) and _within(narrow, wide)))
    )


def _within(narrow: Match, wide: Match) -> bool:
    return set(narrow.gateways) <= set(wide.gateways)


def _path_covers(wide: StringMatch | None, narrow: StringMatch | None) -> bool:
    if wide is not None and wide.compare in PREFIXES and wide.value in ("", "/"):
        return True
    return _covers(wide, narrow)


def _covers(wide: StringMatch | None, narrow: StringMatch | None) -> bool:
    if wide is None:
        return True
    if narrow is None:
        return wide.compare is Compare.REGEX and wide.value in ANYTHING
    if wide == narrow or wide.compare is Compare.PRESENT:
        return True
    if wide.compare is Compare.REGEX:
        return wide.value in ANYTHING
    if narrow.ignore_case and not wide.ignore_case:
        return False
    one, other = _folded(wide, wide), _folded(narrow, wide)
    if wide.compare is Compare.EXACT:
        return narrow.compare is Compare.EXACT and one == other
    return narrow.compare is not Compare.REGEX and _starts(wide.compare, one, narrow, other)


def _folded(text: StringMatch, by: StringMatch) -> str:
    return text.value.lower() if by.ignore_case else text.value


def _starts(compare: Compare, prefix: str, narrow: StringMatch, text: str) -> bool:
    if narrow.compare is Compare.PRESENT:
        return not prefix
    if compare is Compare.PREFIX:
        return text.startswith(prefix)
    segments = prefix.rstrip("/")
    whole = narrow.compare in (Compare.EXACT, Compare.PATH_PREFIX)
    return text.startswith(f"{segments}/") or (whole and text.rstrip("/") == segments)


def _all_implied(wanted: Iterable[NamedMatch], given: Iterable[NamedMatch]) -> bool:
    known: dict[str, list[NamedMatch]] = {}
    for other in given:
        known.setdefault(other.name.lower(), []).append(other)
    return all(
        any(_implied(each, other) for other in known.get(each.name.lower(), ())) for each in wanted
    )


def _implied(wide: NamedMatch, narrow: NamedMatch) -> bool:
    if wide.absent != narrow.absent:
        return False
    return wide.match == narrow.match or (not wide.absent and _covers(wide.match, narrow.match))

"""Pairs of who may call whom, with what was seen beside what is allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

OUTSIDE = "outside"
UNUSED, WOULD_BE_DENIED = "allowed but never used", "used but would be denied"

Row = dict[str, Any]
Pairs = Mapping[tuple[str, str], int]


def segment_name(workload: str, workloads: bool) -> str:
    """A workload, or its namespace."""
    return workload if workloads or workload == OUTSIDE else workload.partition("/")[0]


def observed_calls(edges: Iterable[Mapping[str, Any]], workloads: bool) -> Pairs:
    """By source and destination, how many calls were counted. Whoever came without an identity
    is outside."""
    counts: Counter[tuple[str, str]] = Counter()
    for edge in edges:
        if edge["destination"] is None:
            continue
        source = edge["source"] if edge["mtls"] else OUTSIDE
        ends = (segment_name(each, workloads) for each in (source, edge["destination"]))
        counts[tuple(ends)] += edge["requests_total"]  # type: ignore[index]
    return dict(counts)


def marked_rows(pairs: Sequence[Row], observed: Pairs | None, refused: Pairs) -> list[Row]:
    """The pairs with `observed_calls`, `refused_calls` and a `mark` (null: nothing to say)."""
    return [_marked(pair, observed, refused) for pair in pairs]


def _marked(pair: Row, observed: Pairs | None, refused: Pairs) -> Row:
    if observed is None:
        return {**pair, "observed_calls": None, "refused_calls": None, "mark": None}
    ends = (pair["source"], pair["destination"])
    calls, denied = observed.get(ends, 0), refused.get(ends, 0)
    mark = None
    if pair["extent"] != "none" and not calls:
        mark = UNUSED
    elif pair["extent"] == "none" and calls > denied:
        mark = WOULD_BE_DENIED
    return {**pair, "observed_calls": calls, "refused_calls": denied, "mark": mark}

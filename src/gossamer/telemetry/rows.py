"""From what both sides of each edge counted to the one row that people see.

The caller's proxy is the truth. What only the called side counted is shown as well: a caller
without a proxy is `unknown`, or its SPIFFE id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from gossamer.telemetry.edge import DESTINATION, SOURCE, UNKNOWN, Counts, Edge, percentile
from gossamer.telemetry.window import WINDOW_S, Window


class DeniedRequests(msgspec.Struct, frozen=True):
    """How many requests a rule of authorization refused."""

    rule: str
    requests: int


class EdgeRow(msgspec.Struct, frozen=True):
    """Who calls whom, how much and how well: a row of `gossamer traffic -o json`.

    Rates and percentiles are of the last `window_s` seconds, totals since the lab started. `denied`
    is there where authorization refused some.
    """

    source: str
    destination: str | None
    destination_service: str
    protocol: str
    requests_total: int
    requests_per_second: float
    success_rate: float | None
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    sent_bytes_total: int
    received_bytes_total: int
    sent_bytes_per_second: float
    received_bytes_per_second: float
    window_s: int
    mtls: bool
    reporter: str
    denied: list[DeniedRequests] | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Sighting:
    """An edge as one side reports it."""

    edge: Edge
    total: Counts
    window: Window


def rows_of(sightings: Iterable[Sighting], now: float) -> list[EdgeRow]:
    """One row per edge, ordered by name."""
    seen = list(_with_failures(sightings))
    shown = [s for s in seen if s.edge.reporter == SOURCE]
    shown += _unseen_by_callers([s for s in seen if s.edge.reporter == DESTINATION], shown)
    rows = [row_of(each, now) for each in shown if each.total]
    return sorted(rows, key=_order)


def _with_failures(sightings: Iterable[Sighting]) -> Iterator[Sighting]:
    """A call that failed before any handshake spoke no mTLS; it belongs to those that do."""
    seen = {each.edge: each for each in sightings}
    for edge, each in list(seen.items()):
        secured = seen.get(replace(edge, mtls=True))
        if not edge.mtls and secured and each.total.requests == each.total.failed:
            total, window = secured.total.plus(each.total), secured.window.plus(each.window)
            seen[secured.edge] = Sighting(secured.edge, total, window)
            del seen[edge]
    yield from seen.values()


def _unseen_by_callers(called: list[Sighting], callers: list[Sighting]) -> Iterator[Sighting]:
    """The called sides' edges that no caller's proxy has counted already."""
    who = {caller.edge.source for caller in callers}
    ways = {(c.edge.destination, c.edge.protocol, c.edge.mtls) for c in callers}
    for each in called:
        edge = each.edge
        if edge.source in who:
            continue
        if (edge.destination, edge.protocol, edge.mtls) not in ways:
            yield each
        elif edge.source == UNKNOWN and (rest := _rest(each, callers)):
            yield rest


def _rest(each: Sighting, callers: list[Sighting]) -> Sighting | None:
    """What plaintext callers with a proxy leave over of the plaintext calls to a workload.

    The two sides are read at different moments, so a small difference (a tenth) says nothing.
    """
    way = (each.edge.destination, each.edge.protocol, False)
    known = [c for c in callers if (c.edge.destination, c.edge.protocol, c.edge.mtls) == way]
    counted = sum(c.total.requests for c in known)
    share = 1 - counted / max(1, each.total.requests)
    return Sighting(each.edge, each.total.scaled(share), each.window) if share > 0.1 else None


def row_of(sighting: Sighting, now: float) -> EdgeRow:
    """The contract's fields, and who reported it."""
    edge, total = sighting.edge, sighting.total
    requests, failed, sent, received = sighting.window.sums(now)
    durations = sighting.window.durations(now) or total.milliseconds
    outcomes = (requests, failed) if requests else (total.requests, total.failed)
    return EdgeRow(
        source=edge.source,
        destination=edge.destination,
        destination_service=edge.service,
        protocol=edge.protocol,
        requests_total=total.requests,
        requests_per_second=_rate(requests),
        success_rate=None if edge.protocol == "tcp" else _success(*outcomes),
        p50_ms=percentile(durations, 50),
        p90_ms=percentile(durations, 90),
        p99_ms=percentile(durations, 99),
        sent_bytes_total=total.sent,
        received_bytes_total=total.received,
        sent_bytes_per_second=_rate(sent),
        received_bytes_per_second=_rate(received),
        window_s=WINDOW_S,
        mtls=edge.mtls,
        reporter=edge.reporter,
    )


def _rate(amount: float) -> float:
    return round(amount / WINDOW_S, 3)


def _success(requests: float, failed: float) -> float | None:
    return round(1 - failed / requests, 6) if requests else None


def _order(row: EdgeRow) -> tuple[str, str, str, str]:
    return row.source, row.destination or "", row.destination_service, row.protocol

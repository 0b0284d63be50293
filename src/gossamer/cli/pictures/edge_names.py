"""What the called side of an edge is called: its workload, and the service where that is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Key = tuple[str, ...]


def edge_key(row: Row) -> Key:
    """What tells one edge from another."""
    return (*_ends(row), str(row["destination_service"]))


def destinations(rows: Iterable[Row]) -> dict[Key, str]:
    """The name of each edge's called side, by the edge's key.

    Two services of one workload are two edges that differ in the service alone, so each of them
    names its own: `shop/web (admin)`. A call that no instance answered is for a service only.
    """
    every = list(rows)
    services: dict[Key, set[str]] = {}
    for row in every:
        services.setdefault(_ends(row), set()).add(str(row["destination_service"]))
    return {edge_key(row): _name(row, shared=len(services[_ends(row)]) > 1) for row in every}


def _ends(row: Row) -> Key:
    return tuple(str(row[name]) for name in ("source", "destination", "protocol", "mtls"))


def _name(row: Row, *, shared: bool) -> str:
    service = str(row["destination_service"] or "no service").removesuffix(".svc.cluster.local")
    workload = row["destination"]
    if workload is None:
        return f"({service})"
    return f"{workload} ({_short(service, str(workload))})" if shared else str(workload)


def _short(service: str, workload: str) -> str:
    """The service without its namespace where that is the workload's own."""
    return service.removesuffix(f".{workload.partition('/')[0]}")

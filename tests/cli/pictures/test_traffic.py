"""`gossamer traffic`: the edges a person asks for, as a table or as the contract's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gossamer.cli.commands.insight import traffic
from gossamer.cli.error import CliError


def edge(source: str, destination: str | None, **more: Any) -> dict[str, Any]:
    """A row as the plane tells it."""
    return {
        "source": source,
        "destination": destination,
        "destination_service": "reviews.shop.svc.cluster.local",
        "protocol": "http",
        "requests_total": 120,
        "requests_per_second": 12.0,
        "success_rate": 0.9999,
        "p50_ms": 4.0,
        "p90_ms": 9.0,
        "p99_ms": 1500.0,
        "sent_bytes_total": 100,
        "received_bytes_total": 200,
        "sent_bytes_per_second": 1234.0,
        "received_bytes_per_second": 5.0,
        "window_s": 10,
        "mtls": True,
        **more,
    }


EDGES = [
    edge("shop/page", "shop/reviews-v1"),
    edge("shop/page", "shop/reviews-v2", mtls=False),
    edge("shop/reviews-v1", "shop/ratings"),
    edge("shop/page", None, success_rate=0.0, p50_ms=None, p90_ms=None, p99_ms=None),
]
PODS = [
    {"namespace": "shop", "name": "page-abc", "workload": "page"},
    {"namespace": "shop", "name": "idle-abc", "workload": "idle"},
]


@pytest.fixture(autouse=True)
def mesh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plane with these edges and a holder with these pods."""
    monkeypatch.setattr(
        "gossamer.cli.commands.insight.traffic.plane_of", lambda lab: SimpleNamespace(traffic=told)
    )
    monkeypatch.setattr(
        "gossamer.cli.commands.insight.traffic.ask", lambda path, question: {"pods": PODS}
    )
    with TemporaryDirectory(prefix="gos") as short:  # sockets' paths are bounded
        monkeypatch.setenv("GOSSAMER_HOME", short)
        yield


def told() -> dict[str, Any]:
    """The plane's answer."""
    return {"edges": EDGES}


def run(*arguments: str) -> Result:
    """The command's result; what it raises is raised."""
    return CliRunner().invoke(traffic.traffic, list(arguments), catch_exceptions=False)


def asked(*arguments: str) -> list[tuple[str, str | None]]:
    """Sources and destinations that `-o json` tells."""
    rows = json.loads(run(*arguments, "-o", "json").stdout)
    return [(row["source"], row["destination"]) for row in rows]


def test_json_is_what_the_plane_tells() -> None:
    """Programs get every field of every edge, unrounded."""
    assert json.loads(run("-o", "json").stdout) == EDGES


@pytest.mark.parametrize(
    "words",
    [
        ("shop/page",),
        ("-n", "shop", "page"),
        ("-n", "shop", "deploy/page"),
        ("shop/page-abc",),
        ("-n", "shop", "page-abc"),
    ],
)
def test_a_source_is_named_as_people_name_it(words: tuple[str, ...]) -> None:
    """A workload with its namespace, or by -n, or by kind; or any of its pods."""
    assert {source for source, _ in asked(*words)} == {"shop/page"}


def test_source_and_destination_leave_one_edge() -> None:
    """Two names mean the traffic between them."""
    assert asked("-n", "shop", "page", "reviews-v2") == [("shop/page", "shop/reviews-v2")]


def test_a_workload_without_traffic_has_none() -> None:
    """An idle workload is not an error: the list is empty."""
    assert asked("shop/idle") == []


def test_a_name_of_nothing_is_an_error_that_lists_names() -> None:
    """A typing mistake must not look like silence."""
    with pytest.raises(CliError, match=r"shop/pgae.*shop/idle, shop/page"):
        run("shop/pgae")


def test_people_see_units_and_a_lock() -> None:
    """Bytes and durations with units; a rate is never rounded up to 100 %."""
    lines = run().stdout.splitlines()
    assert lines[0].split()[:3] == ["SOURCE", "DESTINATION", "PROTO"]
    assert {"1.2kB", "5B", "4ms", "1.5s", "99.9%", "🔒"} <= set(lines[1].split())
    assert lines[2].endswith("no")
    assert "(reviews.shop)" in lines[4]


def test_watching_is_not_for_programs() -> None:
    """--watch and -o json together are wrong usage."""
    assert run("--watch", "-o", "json").exit_code == 2

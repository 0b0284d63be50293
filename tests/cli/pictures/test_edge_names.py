"""Two services of one workload are two edges, and a person can tell which is which."""

from __future__ import annotations

from gossamer.cli.pictures.edge_names import destinations, edge_key
from gossamer.cli.pictures.edge_table import table_rows
from gossamer.cli.pictures.traffic_picture import tree
from tests.cli.pictures.test_traffic import edge

WEB = edge("shop/page", "shop/web", destination_service="web.shop.svc.cluster.local")
ADMIN = edge("shop/page", "shop/web", destination_service="web-admin.shop.svc.cluster.local")
OTHER = edge("shop/cron", "shop/web", destination_service="web.shop.svc.cluster.local")


def test_services_of_one_workload_are_told_apart() -> None:
    """In the table and in the tree; who calls one service alone reads the workload alone."""
    assert [row[:2] for row in table_rows([WEB, ADMIN, OTHER])] == [
        ("shop/page", "shop/web (web)"),
        ("shop/page", "shop/web (web-admin)"),
        ("shop/cron", "shop/web"),
    ]
    assert [f"{branch.lead}{branch.name}" for branch in tree([WEB, ADMIN])] == [
        "shop/page",
        "├─ shop/web (web)",
        "└─ shop/web (web-admin)",
    ]


def test_what_a_workload_calls_stands_below_one_of_its_services() -> None:
    """The name with a service in it is for reading: the tree goes on all the same."""
    rows = [WEB, ADMIN, edge("shop/web", "shop/db")]
    assert [branch.name for branch in tree(rows)].count("shop/db") == 1


def test_a_service_elsewhere_keeps_its_namespace() -> None:
    """A Service may select pods of another name, an entry may name any host."""
    away = edge("shop/page", "shop/web", destination_service="api.example.com")
    bare = edge("shop/page", "shop/web", destination_service="")
    names = destinations([WEB, away, bare])
    assert names[edge_key(away)] == "shop/web (api.example.com)"
    assert names[edge_key(bare)] == "shop/web (no service)"
    nobody = edge("shop/page", None, destination_service="gone.shop.svc.cluster.local")
    assert destinations([nobody])[edge_key(nobody)] == "(gone.shop)"

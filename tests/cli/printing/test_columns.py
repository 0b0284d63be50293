"""Each kind's table, as kubectl prints it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gossamer.cli.objects.item import Item
from gossamer.cli.printing.printer import OutputForm, TableStyle, table
from tests.cli.printing.pods import pod_item, stored

NARROW, WIDE, PLAIN = OutputForm(), OutputForm("wide"), TableStyle()


def cells_of(item: Item, form: OutputForm = NARROW) -> list[list[str]]:
    """Heads and the row, split at blanks, without the age."""
    return [line.split()[:-1] for line in table([item], form, PLAIN)]


def ago(**words: float) -> str:
    return (datetime.now(UTC) - timedelta(**words)).isoformat()


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ({}, ["web-1", "2/2", "Running", "0"]),
        (
            {"status": "NoCommand", "ready_containers": 1, "ready": False},
            ["web-1", "1/2", "NoCommand", "0"],
        ),
        (
            {"status": "Init:0/2", "ready_containers": 0},
            ["web-1", "0/2", "Init:0/2", "0"],
        ),
        (
            {"status": "CrashLoopBackOff", "restarts": 3},
            ["web-1", "2/2", "CrashLoopBackOff", "3", "(30m", "ago)"],
        ),
        ({"status": "Completed", "ready_containers": 0}, ["web-1", "0/2", "Completed", "0"]),
    ],
)
def test_pods(words: dict[str, Any], printed: list[str]) -> None:
    """NAME READY STATUS RESTARTS AGE."""
    heads, cells = cells_of(pod_item(restarted=ago(minutes=30.5), **words))
    assert heads == ["NAME", "READY", "STATUS", "RESTARTS"]
    assert cells == printed


def test_a_wide_pod_says_where_and_why() -> None:
    """IP, workload, proxy and the whole reason."""
    lines = table([pod_item(reason="no local command")], WIDE, PLAIN)
    assert lines[0].split()[-4:] == ["IP", "WORKLOAD", "PROXY", "REASON"]
    assert lines[1].endswith("10.244.1.1   web        yes     no local command")


SERVICE = {"spec": {"ports": [{"port": 80}, {"port": 53, "protocol": "UDP", "nodePort": 30053}]}}


@pytest.mark.parametrize(
    ("item", "heads", "cells"),
    [
        (
            replace(stored("Service", "v1", **SERVICE), seen={"address": "10.96.0.7"}),
            "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S)",
            "web ClusterIP 10.96.0.7 <none> 80/TCP,53:30053/UDP",
        ),
        (
            stored("Service", "v1", spec={"type": "LoadBalancer", "ports": [{"port": 80}]}),
            "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S)",
            "web LoadBalancer <none> <pending> 80/TCP",
        ),
        (
            replace(
                stored("Service", "v1", spec={"type": "LoadBalancer", "ports": [{"port": 80}]}),
                seen={"address": "10.96.0.7", "external": ["127.0.0.1:8081"]},
            ),
            "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S)",
            "web LoadBalancer 10.96.0.7 127.0.0.1:8081 80/TCP",
        ),
        (
            stored("Service", "v1", spec={"clusterIP": "None"}),
            "NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S)",
            "web ClusterIP None <none> <none>",
        ),
        (
            stored(
                "Deployment",
                "apps/v1",
                [{"desired": 3, "current": 3, "updated": 2, "ready": 1}],
                spec={"replicas": 3},
            ),
            "NAME READY UP-TO-DATE AVAILABLE",
            "web 1/3 2 1",
        ),
        (
            stored("Deployment", "apps/v1", spec={"replicas": 0}),
            "NAME READY UP-TO-DATE AVAILABLE",
            "web 0/0 0 0",
        ),
        (stored("StatefulSet", "apps/v1", [{"ready": 1}]), "NAME READY", "web 1/1"),
        (
            stored("Job", "batch/v1", [{"succeeded": 2}], spec={"completions": 2}),
            "NAME STATUS COMPLETIONS",
            "web Complete 2/2",
        ),
        (stored("Job", "batch/v1", [{"failed": 1}]), "NAME STATUS COMPLETIONS", "web Failed 0/1"),
        (stored("Job", "batch/v1"), "NAME STATUS COMPLETIONS", "web Running 0/1"),
        (
            stored("ConfigMap", "v1", data={"a": "1"}, binaryData={"b": "Mg=="}),
            "NAME DATA",
            "web 2",
        ),
        (stored("Secret", "v1", stringData={"a": "1"}), "NAME TYPE DATA", "web Opaque 1"),
        (
            stored(
                "VirtualService",
                "networking.istio.io/v1",
                spec={"hosts": ["a", "b", "c", "d"], "gateways": ["gate"]},
            ),
            "NAME GATEWAYS HOSTS",
            "web gate a,b,c + 1 more...",
        ),
        (stored("Widget", "example.com/v1"), "NAME", "web"),
    ],
)
def test_stored_kinds(item: Item, heads: str, cells: str) -> None:
    """The columns of kubectl between NAME and AGE."""
    assert [" ".join(line) for line in cells_of(item)] == [heads, cells]


def test_wide_objects_say_where_they_were_declared() -> None:
    """File and line, which only a lab knows."""
    assert table([stored("ConfigMap", "v1")], WIDE, PLAIN)[1].endswith("web.yaml:3")


def test_nothing_of_a_secret_is_in_a_table() -> None:
    """Only how many keys there are."""
    item = stored("Secret", "v1", stringData={"password": "opensesame"})
    for form in (NARROW, WIDE):
        assert "opensesame" not in "".join(table([item], form, TableStyle(labels=True)))


def test_columns_for_all_namespaces_labels_and_several_kinds() -> None:
    """NAMESPACE first, LABELS last, KIND/NAME where kinds are mixed; heads can be left out."""
    style = TableStyle(everywhere=True, labels=True, heads=False, with_kind=True)
    (line,) = table([pod_item()], NARROW, style)
    assert line.split()[:2] == ["shop", "pod/web-1"]
    assert line.split()[-1] == "app=web"

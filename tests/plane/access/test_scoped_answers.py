"""What a tenant is told: its own, what is exported to it, and no name of another's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.plane.client import PlaneClient, PlaneRefused
from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.shapes import CountsReport, edge_counts
from tests.plane.access.two_tenants import PLAIN, SECRET, Tenants, ask, pod, two_tenants


@pytest.fixture
async def tenants(tmp_path: Path) -> AsyncIterator[Tenants]:
    """team-b keeps its service at home."""
    async with two_tenants(tmp_path, ".") as both:
        yield both


async def everything(client: PlaneClient) -> str:
    """All that may be read, as text."""
    answers: list[Any] = [
        await ask(question)
        for question in (
            client.documents,
            client.services,
            client.status,
            client.findings,
            client.traffic,
            client.who,
        )
    ]
    answers.append(await ask(client.explain, "team-a/web-1", "http://web.team-b/"))
    answers.append(await ask(client.policy_report, "", ""))
    return json.dumps(answers)


@pytest.mark.parametrize("role", ["editor", "viewer"])
async def test_nothing_of_another_tenant_is_told(tenants: Tenants, role: str) -> None:
    """By no route: objects, services, proxies, findings, calls between others."""
    counted(tenants, "team-b/web", "team-b/db")
    client = await tenants.as_(role, "team-a")
    text = await everything(client)
    assert "team-a" in text
    told = text.replace("http://web.team-b/", "")
    for hidden in ("team-b/", "web.team-b.svc", "10.244.0.3", '"b.yaml"'):
        assert hidden not in told, told[max(0, told.find(hidden) - 300) :][:400]


def counted(tenants: Tenants, source: str, destination: str) -> None:
    """An edge between two workloads, as agents report it."""
    edge = Edge("source", source, destination, "db.svc", "http", True)
    report = CountsReport(1, "e", True, [edge_counts(edge, Counts(1, 0, 100, 300, {4.0: 1}))])
    tenants.plane.edges.take(msgspec.json.encode(report), f"agent of {source}", 100)


async def test_calls_from_and_to_ones_own_are_told(tenants: Tenants) -> None:
    """Whoever is called knows by whom."""
    for source, destination in (
        ("team-a/web", "team-b/web"),
        ("team-b/web", "team-a/web"),
        ("team-b/web", "team-b/db"),
    ):
        counted(tenants, source, destination)
    client = await tenants.as_("viewer", "team-a")
    edges = (await ask(client.traffic))["edges"]
    assert {(e["source"], e["destination"]) for e in edges} == {
        ("team-a/web", "team-b/web"),
        ("team-b/web", "team-a/web"),
    }


async def test_an_exported_service_is_told_of(tmp_path: Path) -> None:
    """It may be called, so its addresses are no secret; other objects beside it still are."""
    async with two_tenants(tmp_path, "*") as tenants:
        client = await tenants.as_("viewer", "team-a")
        hosts = [each["host"] for each in (await ask(client.services))["services"]]
        assert "web.team-b.svc.cluster.local" in hosts
        documents = (await ask(client.documents))["documents"]
        assert {each["namespace"] or each["name"] for each in documents} == {"team-a"}


async def test_no_viewer_reads_a_secret(tenants: Tenants) -> None:
    """Not even one of all namespaces; an editor reads what it may write."""
    for client in (
        await tenants.as_("viewer", "team-a"),
        await tenants.as_("viewer", "*"),
        await tenants.as_("editor", "team-b"),
    ):
        text = json.dumps(await ask(client.documents, "Secret"))
        if "team-a" in text:
            assert SECRET not in text
            assert '"password": "***"' in text
    editor = await tenants.as_("editor", "team-a")
    assert SECRET in json.dumps(await ask(editor.documents, "Secret"))
    assert PLAIN not in json.dumps(await ask(tenants.client().audit, 100))


@pytest.mark.parametrize(
    "question",
    [
        lambda c: c.documents(None, "team-b"),
        lambda c: c.proxy("team-b", "web-1"),
        lambda c: c.proxy("team-b", "no-such-pod"),
        lambda c: c.explain("team-b/web-1", "http://web/"),
        lambda c: c.explain("outside", "http://web/"),
        lambda c: c.metrics(),
        lambda c: c.tokens(),
        lambda c: c.audit(1),
        lambda c: c.create_token({"name": "x", "role": "operator", "lifetime_s": 9}),
        lambda c: c.observe("lab", []),
        lambda c: c.preview([], {"lab": [pod("team-a", "w", "10.244.0.9")]}),
        lambda c: c.delete(objects=[{"kind": "Service", "namespace": "team-b", "name": "web"}]),
        lambda c: c.delete(objects=[{"kind": "Service", "namespace": "team-b", "name": "no"}]),
        lambda c: c.delete(objects=[{"kind": "Namespace", "namespace": "", "name": "team-b"}]),
        lambda c: c.delete(
            objects=[{"kind": "Namespace", "namespace": "team-a", "name": "team-b"}]
        ),
    ],
)
async def test_what_is_asked_of_another_is_refused(tenants: Tenants, question: Any) -> None:
    """Whether or not there is such a thing, and the audit log has it."""
    client = await tenants.as_("editor", "team-a")
    with pytest.raises(PlaneRefused) as refused:
        await ask(question, client)
    assert refused.value.status == 403
    assert "Nothing was done" in str(refused.value)
    last = (await ask(tenants.client().audit, 1))["entries"][0]
    assert (last["actor"], last["outcome"]) == ("token:editor-team-a", "refused")


async def test_a_plan_forecasts_for_its_author_alone(tenants: Tenants) -> None:
    """Other tenants' calls and proxies that would change are not among them."""
    text = b"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: team-a}
spec:
  hosts: [web]
  http: [{fault: {abort: {percentage: {value: 100}, httpStatus: 418}},
          route: [{destination: {host: web}}]}]
"""
    whole = await ask(tenants.client().preview, [("v.yaml", text)])
    assert {call["source"] for call in whole["calls"]} == {"team-a/web-1", "team-b/web-1"}
    client = await tenants.as_("editor", "team-a")
    mine = await ask(client.preview, [("v.yaml", text)])
    assert {call["source"] for call in mine["calls"]} == {"team-a/web-1"}
    assert "team-b" not in json.dumps(mine)

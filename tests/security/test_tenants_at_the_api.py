"""A tenant's token opens nothing but what it was granted, however the request is written."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import gossamer
from gossamer.plane.access.demands import Demand
from gossamer.plane.api.routes import ROUTES
from tests.plane.access.two_tenants import SECRET, Tenants, two_tenants

SOURCE = Path(gossamer.__file__).parent


@pytest.fixture
async def tenants(tmp_path: Path) -> AsyncIterator[Tenants]:
    """team-b keeps everything at home."""
    async with two_tenants(tmp_path, ".") as both:
        yield both


async def raw(tenants: Tenants, target: str, *headers: str, body: bytes = b"") -> tuple[int, Any]:
    """What comes back for a request that is written by hand."""
    reader, writer = await asyncio.open_unix_connection(tenants.folder / "p.sock")
    head = [f"{target} HTTP/1.1", "Host: x", "Connection: close", *headers]
    head.append(f"Content-Length: {len(body)}")
    writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + body)
    told = await reader.read()
    writer.close()
    first, _, rest = told.partition(b"\r\n\r\n")
    return int(first.split()[1]), rest.decode()


async def test_no_credential_is_built_in(tenants: Tenants) -> None:
    """Usual first guesses, empty ones and other schemes are refused: no header that is not a good
    token leaves the caller what its process may do."""
    for header in (
        "Authorization: Bearer admin",
        "Authorization: Bearer gossamer",
        "Authorization: Bearer",
        "Authorization: Bearer ",
        "Authorization:",
        "Authorization: Basic YWRtaW46YWRtaW4=",
        "Authorization: null",
        "Authorization: Bearer null",
        "Authorization: Bearer gossamer_000000000000_",
        "Authorization: Bearer " + "x" * 20_000,
        "Authorization: Bearer \xff\xfe",
    ):
        status, body = await raw(tenants, "GET /v1/documents", header)
        assert status in (401, 400), (header[:60], status)
        assert SECRET not in body


async def test_a_second_header_is_no_way_out(tenants: Tenants) -> None:
    """Two tokens are none: no proxy in between can be of another opinion about which counts."""
    viewer, operator = await tenants.token("viewer", "team-a"), await tenants.token("operator")
    pair = (f"Authorization: Bearer {viewer}", f"Authorization: Bearer {operator}")
    for headers in (pair, pair[::-1], (pair[0], pair[0])):
        assert (await raw(tenants, "GET /v1/tokens", *headers))[0] == 401
    joined = f"Authorization: Bearer {viewer}, Bearer {operator}"
    assert (await raw(tenants, "GET /v1/tokens", joined))[0] == 401


async def test_no_header_but_authorization_says_who(tenants: Tenants) -> None:
    """What proxies and other servers believe is nothing here, and a query is no credential."""
    viewer, operator = await tenants.token("viewer", "team-a"), await tenants.token("operator")
    mine = f"Authorization: Bearer {viewer}"
    for more in (
        "X-Forwarded-User: root",
        "X-Remote-User: root",
        "Impersonate-User: root",
        "X-HTTP-Method-Override: DELETE",
        "X-Original-URL: /v1/healthz",
        f"X-Authorization: Bearer {operator}",
        f"Proxy-Authorization: Bearer {operator}",
        f"Cookie: token={operator}",
    ):
        assert (await raw(tenants, "GET /v1/tokens", mine, more))[0] == 403, more
    for query in (f"?token={operator}", f"?access_token={operator}"):
        assert (await raw(tenants, f"GET /v1/tokens{query}", mine))[0] == 403


async def test_no_other_spelling_of_a_path_is_another_route(tenants: Tenants) -> None:
    """What a route demands cannot be passed by writing its path in another way."""
    mine = f"Authorization: Bearer {await tenants.token('viewer', 'team-a')}"
    for path in (
        "//v1/tokens",
        "/v1//tokens",
        "/v1/tokens/",
        "/v1/./tokens",
        "/v1/x/../tokens",
        "/v1/%74okens",
        "/V1/tokens",
        "/v1/tokens;a=b",
        "/v1/proxies/team-a%2f..%2fteam-b/web-1",
        "/v1/proxies/team-a/..%2f..%2fteam-b%2fweb-1",
    ):
        status, body = await raw(tenants, f"GET {path}", mine)
        assert status in (307, 403, 404, 405), (path, status)
        assert '"tokens"' not in body
    for method in ("HEAD", "OPTIONS", "TRACE", "PATCH", "get"):
        status, body = await raw(tenants, f"{method} /v1/tokens", mine)
        assert status in (400, 403, 404, 405), (method, status)
        assert '"tokens"' not in body


async def test_no_namespace_is_written_by_the_back_of_a_file(tenants: Tenants) -> None:
    """Another tenant's object is found in lists, behind others, in JSON and beneath odd names;
    nothing of such a file is stored."""
    mine = f"Authorization: Bearer {await tenants.token('editor', 'team-a')}"
    named = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: %s}\n"
    good, bad = named % ("good", "team-a"), named % ("bad", "team-b")
    nested = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bad"}}
    nested["metadata"] = {"name": "bad", "namespace": "team-b"}
    for text in (
        f"{good}---\n{bad}",
        f"{bad}---\n{good}",
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [nested]}),
        json.dumps({"apiVersion": "v1", "kind": "ConfigMapList", "items": [nested]}),
        good + "---\n" + json.dumps(nested),
        named % ("good", '"team-b"'),
    ):
        body = json.dumps({"files": [{"file": "x.yaml", "text": text}]}).encode()
        for route in ("POST /v1/apply", "POST /v1/apply?dry_run=1"):
            status, answer = await raw(tenants, route, mine, body=body)
            assert status == 403, (text, answer)
    held = tenants.plane.documents(frozenset({"ConfigMap"}), None, None).documents
    assert held == []


async def test_an_unknown_tenant_and_a_closed_one_are_told_alike(tenants: Tenants) -> None:
    """The words differ by the name that was asked for and by nothing else."""
    mine = f"Authorization: Bearer {await tenants.token('viewer', 'team-a')}"
    for path in ("/v1/documents?namespace={}", "/v1/proxies/{}/web-1"):
        answers = [
            (await raw(tenants, f"GET {path.format(name)}", mine))[1].replace(name, "X")
            for name in ("team-b", "team-z")
        ]
        assert answers[0] == answers[1]


async def test_roles_are_no_wider_by_odd_namespaces(tenants: Tenants) -> None:
    """A token for a name that is a pattern, a prefix or in capitals opens that very name."""
    for name in ("team-*", "team", "TEAM-B", "team-b ", "team-b/", "", ".*"):
        body = json.dumps(
            {"name": "odd", "role": "viewer", "lifetime_s": 60, "namespaces": [name]}
        ).encode()
        status, answer = await raw(tenants, "POST /v1/tokens", body=body)
        if status != 200:
            continue
        held = f"Authorization: Bearer {json.loads(answer)['token']}"
        _, text = await raw(tenants, "GET /v1/documents", held)
        assert "team-b" not in text.replace(name, ""), name


def test_operators_routes_are_known() -> None:
    """A route that changes or tells something for all is an operator's; this list grows with
    care."""
    wide = {route.path for route in ROUTES if route.demands in (Demand.OPERATE, Demand.READ_ALL)}
    narrow = {route.path for route in ROUTES} - wide
    assert narrow == {
        "/v1/apply",
        "/v1/can",
        "/v1/join",
        "/v1/rules",
        "/v1/delete",
        "/v1/documents",
        "/v1/services",
        "/v1/status",
        "/v1/findings",
        "/v1/traffic",
        "/v1/mtls",
        "/v1/policies/report",
        "/v1/proxies/{namespace}/{pod}",
        "/v1/explain",
        "/v1/healthz",
        "/v1/whoami",
    }


def test_no_credential_stands_in_the_source() -> None:
    """No password or token is a constant of ours, and none has a usual value."""
    literal = re.compile(r"(password|passwd|secret|token)\s*=\s*[\"'][\w+/=.!-]{3,}[\"']", re.I)
    for path in SOURCE.rglob("*.py"):
        if "apps" in path.parts:
            continue
        for line in path.read_text().splitlines():
            assert not literal.search(line), (path, line)

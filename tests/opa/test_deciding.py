"""The process that decides: policies from a file, Envoy's questions on a Unix socket."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest, CheckResponse

from gossamer.contract.stream_metadata import POLICY_KEY, QUERY_KEY
from gossamer.opa.decision_log import DecisionLog
from gossamer.opa.policies import RegoPolicies
from gossamer.opa.serve import SERVICE, Decider, listen

ONLY_GET = 'package a\nimport rego.v1\nallow if input.attributes.request.http.method == "GET"\n'
SAYS = 'package a\nallow := {"allowed": false, "http_status": 401, "headers": {"x-why": "no"}}\n'


def table(**modules: str) -> str:
    """The file as the agent writes it, one policy a name."""
    policies = [
        {"name": f"opa/{name}", "modules": {"p.rego": text}} for name, text in modules.items()
    ]
    return json.dumps({"version": 1, "policies": policies})


@asynccontextmanager
async def deciding(policies: RegoPolicies, folder: Path) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a server of these policies."""
    decider = Decider(policies, DecisionLog(folder / "decisions.log", lambda: "now"))
    server = await listen(decider, folder / "opa.sock")
    async with grpc.aio.insecure_channel(f"unix:{folder}/opa.sock") as channel:
        yield channel
    await server.stop(None)


async def ask(
    channel: grpc.aio.Channel, policy: str, method: str = "GET", query: str = "data.a.allow"
) -> CheckResponse:
    """One question as a proxy puts it."""
    request = CheckRequest()
    request.attributes.request.http.method = method
    check = channel.unary_unary(
        f"/{SERVICE}/Check",
        request_serializer=CheckRequest.SerializeToString,
        response_deserializer=CheckResponse.FromString,
    )
    response: CheckResponse = await check(
        request, metadata=((POLICY_KEY, policy), (QUERY_KEY, query)), timeout=5
    )
    return response


async def test_calls_are_decided_and_changes_are_seen() -> None:
    """A good policy decides; a broken one does not replace it, a new one does; one that is taken
    away, or was never there, refuses."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        policies = RegoPolicies(folder / "policies.json")
        (folder / "policies.json").write_text(table(shop=ONLY_GET, other="package"))
        policies.refresh()
        async with deciding(policies, folder) as channel:
            assert (await ask(channel, "opa/shop")).status.code == 0
            assert (await ask(channel, "opa/shop", "POST")).denied_response.status.code == 403
            for nobody in ("opa/other", "opa/none", ""):
                assert (await ask(channel, nobody)).status.code == 7
            assert (await ask(channel, "opa/shop", query="data.a.b")).status.code == 7
            assert (await ask(channel, "opa/shop", query="1 +")).status.code == 7

            (folder / "policies.json").write_text(table(shop="package broken if {"))
            policies.refresh()
            assert (await ask(channel, "opa/shop")).status.code == 0
            (folder / "policies.json").write_text("no table")
            policies.refresh()
            assert (await ask(channel, "opa/shop")).status.code == 0

            (folder / "policies.json").write_text(table(shop=SAYS))
            policies.refresh()
            denied = (await ask(channel, "opa/shop")).denied_response
            assert denied.status.code == 401
            assert denied.headers[0].header.key == "x-why"

            (folder / "policies.json").write_text(table())
            policies.refresh()
            assert (await ask(channel, "opa/shop")).status.code == 7
        lines = [json.loads(line) for line in (folder / "decisions.log").read_text().splitlines()]
        assert [line["result"] for line in lines[:2]] == [True, False]
        assert "there is no policy opa/none" in lines[3]["reason"]


async def test_the_socket_is_its_owners() -> None:
    """Nobody else on the host may ask, or learn what is let in."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        async with deciding(RegoPolicies(folder / "none.json"), folder) as channel:
            assert (await ask(channel, "opa/shop")).status.code == 7
            assert (folder / "opa.sock").stat().st_mode & 0o077 == 0

"""Explain against real Envoys: random meshes and calls, and every difference ever found."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings

from gossamer.explain.explain import explain_call
from gossamer.model import tables
from gossamer.plane.queries.explaining import with_all_hosts
from tests.explain.agreement import call_of, compare, compare_at_gateway, has_errors, world_of
from tests.explain.drawn_meshes import Request, documents, gateway_documents, requests
from tests.explain.one_envoy import Stage, World, own_addresses, staged

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

EXAMPLES = int(os.environ.get("GOSSAMER_EXAMPLES", "200"))
RANDOM = "GOSSAMER_EXAMPLES" in os.environ
DRAWN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not RANDOM,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate] if not RANDOM else list(Phase),
)
AT_GATEWAYS = settings(DRAWN, max_examples=max(EXAMPLES // 5, 1))

DIFFERENCES = sorted((Path(__file__).parent / "differences").glob("*.yaml"))

Run = Callable[[Callable[[Stage], Coroutine[Any, Any, None]]], None]
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One Envoy for the whole module, on a loop that runs only while it is asked."""
    yield from _running(tmp_path_factory.mktemp("envoy"), lambda world: world)


@pytest.fixture(scope="module")
def run_with_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One more, whose sidecar gets every host unasked, as past its bound of undeclared ones."""
    yield from _running(tmp_path_factory.mktemp("envoy"), having_all)


def having_all(world: World) -> World:
    mesh = with_all_hosts(world.mesh, world.client.key)
    client = mesh.lookup(tables.PODS, world.client.key)
    assert client is not None
    return replace(world, mesh=mesh, client=client)


def _running(folder: Path, held: Callable[[World], World]) -> Iterator[Run]:
    addresses = own_addresses(4, held is having_all)
    with asyncio.Runner() as runner:
        context = staged(folder, held(world_of(0, [], addresses)), addresses)
        stage = runner.run(context.__aenter__())
        yield lambda act: runner.run(act(stage))
        runner.run(context.__aexit__(None, None, None))


@given(documents(), requests(("a", "b", "web.example", "nobody.example")))
@DRAWN
def test_sidecars_calls(run: Run, objects: list[Any], asked: list[Request]) -> None:
    """Verdict, status, backends, path, host, headers and Location are those of a real Envoy."""

    async def act(stage: Stage) -> None:
        number = next(numbers)
        assume(not has_errors(number, objects, stage.addresses))
        world = world_of(number, objects, stage.addresses)
        stage.feed.announce(world)
        for request in asked:
            await compare(stage, world, request)

    run(act)


@given(gateway_documents(), requests(("web.example", "api.example", "nobody.test")))
@AT_GATEWAYS
def test_outsiders_calls(run: Run, objects: list[Any], asked: list[Request]) -> None:
    """The same at a gateway, where hosts are told by wildcards and ports do not count."""

    async def act(stage: Stage) -> None:
        number = next(numbers)
        assume(not has_errors(number, objects, stage.addresses))
        world = world_of(number, objects, stage.addresses)
        stage.feed.announce(world)
        for request in asked:
            await compare_at_gateway(stage, world, request)

    run(act)


@given(documents(), requests(("a", "b", "web.example", "nobody.example")))
@AT_GATEWAYS
def test_calls_of_a_sidecar_past_its_bound_of_hosts(
    run_with_all: Run, objects: list[Any], asked: list[Request]
) -> None:
    """The same where a proxy holds every declared host and asks for none; nor does a call become
    of another kind by that."""

    async def act(stage: Stage) -> None:
        number = next(numbers)
        assume(not has_errors(number, objects, stage.addresses))
        asking = world_of(number, objects, stage.addresses)
        world = having_all(asking)
        stage.feed.announce(world)
        await stage.feed.has_taken(world)
        for request in asked:
            await compare(stage, world, request)
            call = call_of(world, request, world.client.key)
            before, after = (explain_call(each.mesh, call) for each in (asking, world))
            assert (before.verdict, before.status) == (after.verdict, after.status), str(call)

    run_with_all(act)


@pytest.mark.parametrize("path", DIFFERENCES, ids=[path.stem for path in DIFFERENCES])
def test_a_difference_once_found(run: Run, path: Path) -> None:
    """What explain (or the compiler) once got wrong stays right."""
    case = yaml.safe_load(path.read_text())

    async def act(stage: Stage) -> None:
        number = next(numbers)
        world = world_of(number, case["objects"], stage.addresses)
        stage.feed.announce(world)
        for each in case["calls"]:
            headers = tuple(each.get("headers", {}).items())
            method, path = each.get("method", "GET"), each.get("path", "/")
            request = Request(each["host"], method, path, headers, True)
            await compare(stage, world, request)
            if "expect" in each:
                call = call_of(world, request, f"{world.namespace}/client")
                assert explain_call(world.mesh, call).status == each["expect"], case["why"]

    run(act)

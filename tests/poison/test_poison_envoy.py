"""A real Envoy among poison serves what is healthy, restarted too; its refusals are traced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gossamer.compile.engine.compiler import BUILDERS
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.routes.configurations import build_routes
from tests.poison.poisons import POISONS
from tests.poison.real_gateway import PORT, Gateway, an_address, answering, gateway
from tests.poison.thousand import HOSTS, healthy, host_of
from tests.waiting import until

pytestmark = pytest.mark.e2e
ALL = [host_of(number) for number in range(HOSTS)]


def every_poison() -> list[tuple[str, str]]:
    """Each kind of poison as an object of its own, by its file."""
    return [
        (
            f"{kind}.yaml",
            text.replace("@PORT@", str(PORT))
            .replace("name: poison", f"name: poison-{number}")
            .replace("poison.example.com", f"p{number}.example.com"),
        )
        for number, (kind, text) in enumerate(POISONS.items())
    ]


async def serves_all(gate: Gateway) -> bool:
    """Whether every healthy host answers."""
    try:
        return set((await gate.ask(*ALL)).values()) == {200}
    except OSError:
        return False


async def test_an_envoy_started_among_all_poisons_serves_all_that_is_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every poison at once: 320 hosts answer, nothing is refused; the same after a restart."""
    backend = an_address()
    async with gateway(tmp_path, monkeypatch) as gate, answering(backend) as port:
        gate.apply(healthy(PORT, backend, port))
        for file, text in every_poison():
            gate.apply(text, file)
        await gate.start()
        await until(lambda: serves_all(gate))
        assert gate.refusals == []
        named = {finding.origin.file for finding in gate.pipeline.findings()}
        await gate.stop()
        await gate.start()
        await until(lambda: serves_all(gate))
        assert gate.refusals == []
        assert "weights-all-zero.yaml" not in named  # refused when read, so not in the mesh
        assert "unknown-host.yaml" in named


def refusable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the compiler make a route that Envoy refuses out of marked objects: a bug to come."""
    build = BUILDERS[ResourceType.ROUTE]

    def with_a_bug(read: Any, view: Any, name: str) -> Any:
        built: Any = build(read, view, name)
        for route in (r for host in built.virtual_hosts for r in host.routes) if built else ():
            if "marked" in route.name:
                route.match.safe_regex.regex = "(?!marked)"
        return built

    monkeypatch.setitem(BUILDERS, ResourceType.ROUTE, with_a_bug)


def words(name: str, host: str) -> str:
    """A route that answers by itself."""
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}}}
spec:
  hosts: [{host}]
  gateways: [front]
  http: [{{directResponse: {{status: 299}}}}]
"""


async def test_what_slips_past_the_checks_is_traced_withheld_and_healed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Envoy refuses: within two seconds the object is named and 999 and later ones are live."""
    refusable(monkeypatch)
    backend = an_address()
    async with gateway(tmp_path, monkeypatch) as gate, answering(backend) as port:
        gate.apply(healthy(PORT, backend, port))
        await gate.start()
        await until(lambda: serves_all(gate))
        gate.apply(words("marked", "marked.example.com"), "marked.yaml")
        await until(lambda: _named(gate, "marked.yaml"), within=2.0)
        gate.apply(words("later", "later.example.com"))
        await until(lambda: _answers(gate, "later.example.com", 299))
        assert await serves_all(gate)
        await gate.stop()
        await gate.start()
        await until(lambda: serves_all(gate))
        assert await _named(gate, "marked.yaml")
        monkeypatch.setitem(BUILDERS, ResourceType.ROUTE, build_routes)
        gate.apply(words("marked", "fixed.example.com"), "marked.yaml")
        await until(lambda: _answers(gate, "fixed.example.com", 299))
        assert not await _named(gate, "marked.yaml")


async def test_the_culprit_of_a_thousand_applied_at_once_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An Envoy that starts with the culprit in it gets to serve all others."""
    refusable(monkeypatch)
    backend = an_address()
    async with gateway(tmp_path, monkeypatch) as gate, answering(backend) as port:
        marked = words("marked", "marked.example.com")
        gate.apply(f"{healthy(PORT, backend, port)}---{marked}")
        await gate.start()
        await until(lambda: serves_all(gate))
        named = [f for f in gate.pipeline.findings() if f.code == "rejected-by-envoy"]
        assert [str(finding.origin.object) for finding in named] == [
            "VirtualService default/marked"
        ]
        assert "invalid perl operator" in named[0].message


async def _named(gate: Gateway, file: str) -> bool:
    found = [f for f in gate.pipeline.findings() if f.code == "rejected-by-envoy"]
    return [finding.origin.file for finding in found] == [file]


async def _answers(gate: Gateway, host: str, status: int) -> bool:
    try:
        return (await gate.ask(host))[host] == status
    except OSError:
        return False

"""Answers are, byte for byte, what they were when they were recorded: programs read them.

`recorded/` was written before the answers had types. Only sentences for people may change (they are
`…` in it). A field that is added comes at the end, and its recording is changed by hand in the same
commit.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gossamer.explain.report.shapes import CallChangeShape, ExplanationShape
from gossamer.explain.report.shaping import shape_of
from gossamer.plane.api.answers import ProxyChangeShape, Traffic
from tests.explain.explained import small_mesh
from tests.plane.api.scenes import CALLS, ROUTES, counted
from tests.plane.api.whole_plane import answers, whole_plane
from tests.plane.piped_mesh import Mesh, split
from tests.plane.test_forecast import planned

RECORDED = Path(__file__).parent / "recorded"
SENTENCE = re.compile(r'"(says|why|before|after|message|effect|remedy|created)":"[^"]+"')
ABOUT_DOCUMENTS = ("applied", "documents", "services", "findings", "health", "sources", "deleted")


def recorded(name: str) -> str:
    return (RECORDED / f"{name}.json").read_text().rstrip("\n")


def encoded(answer: Any) -> str:
    return SENTENCE.sub(r'"\1":"…"', msgspec.json.encode(answer).decode())


@pytest.mark.parametrize("name", CALLS)
def test_explain(name: str) -> None:
    """Faults, retries, mirrors, headers, places and what lost, in keys, order and values."""
    url, headers = CALLS[name]
    found = shape_of(small_mesh(ROUTES).call(url, *headers))
    assert encoded(found) == recorded(name)
    assert encoded(msgspec.json.decode(recorded(name), type=ExplanationShape)) == recorded(name)


def test_plan() -> None:
    """Proxies with their resources, calls with their explanations before and after."""
    mesh = Mesh()
    mesh.use("reviews")
    change = planned(mesh, split(90))
    proxies, calls = change.proxy_shapes(), change.call_shapes()
    assert encoded({"proxies": proxies, "calls": calls}) == recorded("plan")
    read = json.loads(recorded("plan"))
    assert msgspec.convert(read["proxies"], list[ProxyChangeShape]) == proxies
    assert len(msgspec.convert(read["calls"], list[CallChangeShape])) == len(calls)


def test_traffic() -> None:
    """An edge with latencies, and one over TCP that has none."""
    answer = Traffic(known=True, edges=counted())
    assert encoded(answer) == recorded("traffic")
    assert msgspec.json.decode(recorded("traffic"), type=Traffic) == answer


@pytest.mark.parametrize("name", ABOUT_DOCUMENTS)
async def test_documents_and_what_is_said_of_them(name: str, tmp_path: Path) -> None:
    """Applies with findings, declared objects, services, health, sources, removals."""
    async with whole_plane(tmp_path) as plane:
        answer = (await answers(plane))[name]
    assert encoded(answer) == recorded(name)

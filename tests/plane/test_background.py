"""Questions to the plane are answered beside its event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, cast

import pytest

from gossamer.explain.report.explanation import Explanation, Verdict
from gossamer.plane.api.shapes import CallBody
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.plane import Plane
from gossamer.plane.queries.background import Background
from gossamer.plane.streams.proxies import ConnectedProxies


async def test_the_loop_goes_on_while_something_is_computed() -> None:
    """What the computation waits for is done by the loop meanwhile."""
    done = threading.Event()
    computed = asyncio.create_task(Background().compute(lambda: done.wait(20)))
    await asyncio.sleep(0)
    done.set()
    assert await computed


async def test_computations_wait_for_each_other() -> None:
    """There is one at a time, and a failure lets the next one begin."""
    background, running, most = Background(), [], list[int]()

    def compute(number: int) -> int:
        running.append(number)
        most.append(len(running))
        running.remove(number)
        return 1 // number

    found = await asyncio.gather(
        *(background.compute(lambda n=n: compute(n)) for n in (0, 1, 2)),  # type: ignore[misc]
        return_exceptions=True,
    )
    assert [str(each) for each in found] == ["integer division or modulo by zero", "1", "0"]
    assert most == [1, 1, 1]


async def test_an_explanation_is_computed_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a call takes to follow, the plane serves on."""
    threads = list[Any]()

    def explained(mesh: Any, call: Any) -> Explanation:
        threads.append(threading.current_thread())
        return Explanation("GET http://c/", Verdict.ROUTED)

    monkeypatch.setattr("gossamer.plane.queries.explaining.explain_call", explained)

    pipeline, unused = Pipeline(), cast(Any, None)
    proxies = ConnectedProxies(pipeline)
    plane = Plane(pipeline, unused, unused, proxies, unused, unused, float, unused, unused)
    told = await plane.explain(CallBody(source="a/b", url="http://c/"))
    assert told.verdict == "routed"
    assert threads != [threading.current_thread()]

"""A body that is not as described is refused with the field and what is expected of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gossamer.plane.api.application import application
from gossamer.plane.api.server import serving
from tests.plane.access.doors import OPEN
from tests.plane.api.whole_plane import POD, whole_plane


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    """The socket of a whole plane."""
    async with (
        whole_plane(tmp_path) as plane,
        serving(application(plane, "1", OPEN), tmp_path / "p.sock"),
    ):
        yield tmp_path / "p.sock"


async def answer(path: Path, method: str, target: str, body: bytes) -> tuple[int, Any]:
    """What comes back for these bytes."""
    reader, writer = await asyncio.open_unix_connection(path)
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    told = await reader.read()
    writer.close()
    first, _, rest = told.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(rest)


def seen(**words: Any) -> bytes:
    """An observation of a pod that is otherwise in one respect."""
    return json.dumps({"pods": [{**POD, **words}]}).encode()


OBSERVE, APPLY, DELETE = "/v1/observations/lab", "/v1/apply", "/v1/delete"
BODIES = {
    "a type that is another": (APPLY, b'{"files": {}}', "Expected `array`, got `object`"),
    "a missing field": (
        APPLY,
        b'{"files": [{"text": ""}]}',
        "missing required field `file`",
    ),
    "a misspelt field": (DELETE, b'{"object": []}', "neither files nor objects"),
    "a list for an object": (DELETE, b"[]", "Expected `object`, got `array`"),
    "nothing at all": (APPLY, b"", "truncated"),
    "no UTF-8": (APPLY, b'{"files": [{"file": "\xff"}]}', "utf-8"),
    "a lone surrogate": (APPLY, b'{"files": [{"file": "\\ud800"}]}', "not as described"),
    "not a number": (OBSERVE, b'{"pods": [], "lease_s": NaN}', "malformed"),
    "infinity": (OBSERVE, b'{"pods": [], "lease_s": Infinity}', "malformed"),
    "beyond any number": (OBSERVE, b'{"pods": [], "lease_s": 1e999}', "$.lease_s"),
    "a negative lease": (OBSERVE, b'{"pods": [], "lease_s": -1}', "Expected `float` >= 0"),
    "a number as text": (OBSERVE, b'{"pods": [], "lease_s": "9"}', "Expected `float`, got `str`"),
    "deep lists": (APPLY, b'{"x": ' + b"[" * 200_000, "not as described"),
    "deep objects": (APPLY, b'{"x": ' * 200_000, "not as described"),
    "a port too high": (OBSERVE, seen(ports=[{"number": 70_000}]), "$.pods[0].ports[0].number"),
    "a port of many digits": (OBSERVE, seen(greets=[10**40]), "$.pods[0].greets[0]"),
    "a label that is a number": (OBSERVE, seen(labels={"a": 1}), "$.pods[0].labels[...]"),
    "a truth that is a word": (OBSERVE, seen(ready="yes"), "Expected `bool`, got `str`"),
    "a long address": (OBSERVE, seen(ip=["9" * 10_000]), "pod shop/web-1 cannot be read"),
    "no address": (OBSERVE, seen(ip=["nonsense"]), "pod shop/web-1 cannot be read"),
    "a header without value": (
        "/v1/explain",
        b'{"source": "a/b", "url": "http://x", "headers": [["x"]]}',
        "Expected `array` of length 2",
    ),
}


@pytest.mark.parametrize(("target", "body", "words"), BODIES.values(), ids=BODIES.keys())
async def test_it_is_refused_and_the_plane_goes_on(
    path: Path, target: str, body: bytes, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """400, in words; no traceback, and the next request is answered."""
    method = "PUT" if target == OBSERVE else "POST"
    status, told = await answer(path, method, target, body)
    assert status == 400, told
    assert words in told["error"]
    assert len(told["error"]) < 1000
    assert not [each for each in caplog.records if each.exc_info]
    assert (await answer(path, "GET", "/v1/healthz", b""))[0] == 200


async def test_the_last_of_two_equal_keys_counts(path: Path) -> None:
    """One decoder reads each body, once: no two readers can differ about such a body."""
    body = b'{"objects": [{"kind": "Service", "name": "a", "name": "b", "namespace": "shop"}]}'
    status, told = await answer(path, "POST", DELETE, body)
    assert status == 404
    assert "no Service shop/b" in told["error"]


async def test_what_a_newer_program_says_more_is_passed_over(path: Path) -> None:
    """So plane and its callers can be of neighbouring versions."""
    assert (await answer(path, "PUT", OBSERVE, seen(colour="red")))[0] == 200

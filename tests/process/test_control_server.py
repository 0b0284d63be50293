"""Control sockets: operations by name, errors in words, for this user alone."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gossamer.process import control_server
from gossamer.process.control_server import ControlServer, OperationRefused
from gossamer.process.json_lines.exchange import exchange
from gossamer.process.json_lines.line import Payload
from gossamer.process.log_format import TextFormat


async def echo(payload: Payload) -> Payload:
    return {"text": payload["text"]}


async def refuse(payload: Payload) -> Payload:
    raise OperationRefused("not today")


async def lose(payload: Payload) -> Payload:
    raise FileNotFoundError(2, "No such file or directory", "/x")


async def fail(payload: Payload) -> Payload:
    raise RuntimeError("broken")


async def count() -> AsyncIterator[Payload]:
    for number in range(2):
        yield {"number": number}


OPERATIONS = {"echo": echo, "refuse": refuse, "lose": lose, "fail": fail}


@pytest.fixture
async def path(tmp_path: Path) -> AsyncIterator[Path]:
    server = ControlServer("tester", OPERATIONS, feeds={"count": count})
    await server.open(tmp_path / "s")
    yield tmp_path / "s"
    server.close()


async def test_an_operation_answers(path: Path) -> None:
    """One object there, one back."""
    assert await exchange(path, {"op": "echo", "text": "é\n"}) == {"text": "é\n"}


@pytest.mark.parametrize(
    ("op", "text"),
    [
        ("refuse", "not today"),
        ("lose", "[Errno 2] No such file or directory: '/x'"),
        ("echo", "text"),
        ("dance", "the tester does not know the operation 'dance'; it knows count, echo, fail"),
    ],
)
async def test_what_cannot_be_done_is_an_error_in_words(path: Path, op: str, text: str) -> None:
    """Who asked is told why, and the connection serves on."""
    answer = await exchange(path, {"op": op})
    assert answer["error"].startswith(text)


async def test_a_feed_answers_with_many_lines(path: Path) -> None:
    """And then the next operation on the same connection is answered."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b'{"op": "count"}\n[]\n')
    answers: list[dict[str, Any]] = [json.loads(await reader.readline()) for _ in range(3)]
    writer.close()
    assert answers[:2] == [{"number": 0}, {"number": 1}]
    assert "the tester takes one JSON object a line" in answers[2]["error"]


async def test_a_failure_is_logged_without_what_was_asked(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the traceback and the operation; what was sent may hold Secrets."""
    caplog.handler.setFormatter(TextFormat())
    answer = await exchange(path, {"op": "fail", "manifests": "hunter2"})
    assert answer == {"error": "the tester failed at this: broken; its log says more"}
    assert "operation-failed server=tester op=fail" in caplog.text
    assert "RuntimeError: broken" in caplog.text
    assert "hunter2" not in caplog.text


async def test_another_user_is_hung_up_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the socket's mode; the log says who it was."""
    uid = os.geteuid() + 12345
    caplog.handler.setFormatter(TextFormat())
    monkeypatch.setattr(control_server, "peer_uid", lambda _: uid)
    with pytest.raises(OSError, match=r"hung up|reset|roken"):
        await exchange(path, {"op": "echo", "text": "x"})
    assert f"control-caller-refused server=tester uid={uid}" in caplog.text


async def test_nobody_there_is_an_os_error(tmp_path: Path) -> None:
    """One kind of exception for all that can go wrong between two programs."""
    with pytest.raises(OSError):  # noqa: PT011
        await exchange(tmp_path / "none", {"op": "echo"})

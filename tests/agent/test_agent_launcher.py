"""The holder asked by JSON lines, as it answers and as it doesn't."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gossamer.agent.launcher import HolderLauncher, Launch, NotLaunched

LAUNCH = Launch("envoy/a/b", ("/envoy", "-c", "x"), {"LANG": "C"}, "/log", "a/b")
Answers = Callable[[dict[str, Any]], dict[str, Any] | None]


@pytest.fixture
async def holder(tmp_path: Path) -> AsyncIterator[Callable[[Answers], Any]]:
    """A holder whose answers the test gives."""
    servers = []

    async def start(answers: Answers) -> HolderLauncher:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            answer = answers(json.loads(await reader.readline()))
            writer.write(b"" if answer is None else json.dumps(answer).encode() + b"\n")
            writer.close()

        servers.append(await asyncio.start_unix_server(talk, str(tmp_path / "holder.sock")))
        return HolderLauncher(tmp_path / "holder.sock")

    yield start
    for server in servers:
        server.close()


async def test_spawn_says_all_there_is_to_say(holder: Any) -> None:
    """Name, command, environment, pod and log go over; the pid comes back."""
    heard: list[dict[str, Any]] = []

    def answers(words: dict[str, Any]) -> dict[str, Any]:
        heard.append(words)
        return {"pid": 7}

    assert await (await holder(answers)).spawn(LAUNCH) == 7
    assert heard == [
        {
            "op": "spawn",
            "restart": True,
            "name": "envoy/a/b",
            "argv": ["/envoy", "-c", "x"],
            "env": {"LANG": "C"},
            "pod": "a/b",
            "log": "/log",
        }
    ]


async def test_pids_are_of_what_runs(holder: Any) -> None:
    """A process between two lives has no pid and is not listed."""
    row = {"restarts": 0, "state": "running", "since": 0.0, "status": None}
    rows = [{"name": "x", "pid": 5, **row}, {"name": "y", "pid": None, **row}]
    assert await (await holder(lambda _: {"processes": rows})).pids() == {"x": 5}


@pytest.mark.parametrize("answer", [None, {"error": "no such pod"}, {"pid": "x"}, {}])
async def test_refusals_are_errors(holder: Any, answer: dict[str, Any] | None) -> None:
    """What the holder refuses, or leaves unanswered, is told and can be tried again."""
    launcher = await holder(lambda _: answer)
    with pytest.raises(NotLaunched, match="holder"):
        await launcher.spawn(LAUNCH)


async def test_an_absent_holder_is_an_error(tmp_path: Path) -> None:
    """Nobody listens: said at once."""
    with pytest.raises(NotLaunched, match="did not answer 'list'"):
        await HolderLauncher(tmp_path / "none.sock").pids()

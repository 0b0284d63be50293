"""Control sockets: operations by name, errors in words, for this user alone."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from gossamer.process import control_server
from gossamer.process.control_server import ControlServer, Operation, OperationRefused
from gossamer.process.json_lines.call import CallRefused, call
from gossamer.process.json_lines.exchange import exchange
from gossamer.process.log_format import TextFormat


class Echo(Struct, tag_field="op", tag="echo"):
    text: str
    times: Annotated[int, Meta(ge=1, le=9)] = 1


class Refuse(Struct, tag_field="op", tag="refuse"):
    pass


class Lose(Struct, tag_field="op", tag="lose"):
    pass


class Fail(Struct, tag_field="op", tag="fail"):
    pass


class Said(Struct):
    text: str


class Number(Struct):
    number: int


async def echo(request: Echo) -> Said:
    return Said(request.text * request.times)


async def refuse(_: Refuse) -> Said:
    raise OperationRefused("not today")


async def lose(_: Lose) -> Said:
    raise FileNotFoundError(2, "No such file or directory", "/x")


async def fail(_: Fail) -> Said:
    raise RuntimeError("broken")


async def count() -> AsyncIterator[dict[str, int]]:
    for number in range(2):
        yield {"number": number}


OPERATIONS: list[Operation[Any]] = [
    Operation(Echo, echo),
    Operation(Refuse, refuse),
    Operation(Lose, lose),
    Operation(Fail, fail),
]


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
        (
            "echo",
            "the tester cannot read this request for echo: Object missing",
        ),
        ("dance", "the tester does not know the operation 'dance'; it knows count, echo, fail"),
    ],
)
async def test_what_cannot_be_done_is_an_error_in_words(path: Path, op: str, text: str) -> None:
    """Who asked is told why, and the connection serves on."""
    answer = await exchange(path, {"op": op})
    assert answer["error"].startswith(text)


WRONG = {
    "another type": (b'"text": 5', "Expected `str`, got `int` - at `$.text`"),
    "nothing for a text": (b'"text": null', "Expected `str`, got `null` - at `$.text`"),
    "beyond the bound": (b'"text": "x", "times": 10', "Expected `int` <= 9 - at `$.times`"),
    "many digits": (b'"text": "x", "times": ' + b"9" * 5000, "- at `$.times`"),
    "beyond any number": (b'"text": "x", "times": 1e999', "out of range - at `$.times`"),
    "not a number": (b'"text": "x", "times": NaN', "takes one JSON object a line"),
    "no text": (b'"text": "\xff"', "utf-8"),
    "half a pair": (b'"text": "\\ud800"', "takes one JSON object a line"),
    "deep": (b'"text": "x", "more": ' + b"[" * 100_000, "takes one JSON object a line"),
}


@pytest.mark.parametrize(("fields", "words"), WRONG.values(), ids=WRONG.keys())
async def test_a_request_of_another_shape_is_told_the_field_and_the_type(
    path: Path, fields: bytes, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is done, no traceback is logged, and the connection serves on."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b'{"op": "echo", ' + fields + b"}\n" + b'{"op": "echo", "text": "on"}\n')
    refused, served = [json.loads(await reader.readline()) for _ in range(2)]
    writer.close()
    assert words in refused["error"]
    assert served == {"text": "on"}
    assert not [each for each in caplog.records if each.exc_info]


async def test_two_operations_in_one_request_are_refused(path: Path) -> None:
    """Of two equal fields the last counts, but nobody can smuggle one operation behind another."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b'{"op": "fail", "op": "echo", "text": "a"}\n')
    writer.write(b'{"op": "echo", "text": "a", "text": "b"}\n')
    refused, served = [json.loads(await reader.readline()) for _ in range(2)]
    writer.close()
    assert "`$.op`" in refused["error"]
    assert served == {"text": "b"}


async def test_words_that_cannot_be_written_are_escaped(path: Path) -> None:
    """An answer always comes, whatever the file was called that an error quotes."""
    server = ControlServer("tester", [Operation(Echo, _quotes)])
    await server.open(path.with_name("t"))
    answer = await exchange(path.with_name("t"), {"op": "echo", "text": "x"})
    server.close()
    assert answer == {"error": "no such file: \\udcff"}


async def _quotes(_: Echo) -> Said:
    raise OperationRefused("no such file: \udcff")


async def test_a_typed_call(path: Path) -> None:
    """A request and its answer; what is refused, and what is not as agreed, is an exception."""
    assert await call(path, Echo("a", 2), Said) == Said("aa")
    with pytest.raises(CallRefused, match="not today"):
        await call(path, Refuse(), Said)
    with pytest.raises(ConnectionError, match=r"not as agreed: .*`number`"):
        await call(path, Echo("a"), Number)


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

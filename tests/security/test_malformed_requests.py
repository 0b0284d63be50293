"""What cannot be read is refused with a sentence, at every door: no traceback, no INTERNAL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from gossamer.agent.control import open_control
from gossamer.identity.attest.present_certificate import ProvenCaller
from gossamer.identity.authority import Authority
from gossamer.identity.plan import MalformedCsr, SpiffeId
from gossamer.identity.run import CertificateSigner
from gossamer.lab.holder.control.operations import HolderOperations
from gossamer.lab.holder.holder import Holder
from gossamer.process.control_server import ControlServer
from gossamer.telemetry.edges import Edges
from gossamer.xds.frame import Node
from gossamer.xds.serve import serve
from gossamer.xds.stream.session import MalformedRequest, OpenStreams, Peer, StreamRefused

DEEP = b"[" * 200_000
DEEP_OBJECT = b'{"a":' * 200_000
NOISE = {
    "deep lists": DEEP,
    "deep objects": DEEP_OBJECT,
    "no JSON": b"\xff\xfe",
    "a list": b"[]",
    "a number": b"7",
    "nothing": b"",
    "a huge number": b"1" * 10_000,
    "a lone surrogate": b'"\\ud800"',
}
noise = pytest.mark.parametrize("raw", NOISE.values(), ids=NOISE.keys())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> CertificateSigner:
    """Of an authority that attested nobody."""
    return CertificateSigner(Authority.open(tmp_path_factory.mktemp("ca")), lambda pod: None)


AGENT = SpiffeId.of_agent("here")


@noise
def test_a_signing_request_that_is_none(desk: CertificateSigner, raw: bytes) -> None:
    """It is told what one looks like."""
    with pytest.raises(MalformedCsr, match="signing request is JSON"):
        desk.answer(raw, ProvenCaller(AGENT))


@pytest.mark.parametrize("host", ["a/b", "", "..", "a b", "a" * 5000, "\n"])
def test_an_agent_of_an_impossible_name(desk: CertificateSigner, host: str) -> None:
    """A name that makes no SPIFFE id is told, and shortened."""
    request = json.dumps({"agent": host, "csr": ""}).encode()
    with pytest.raises(MalformedCsr, match="No agent can have the name") as told:
        desk.answer(request, ProvenCaller(AGENT))
    assert len(str(told.value)) < 600


@pytest.mark.parametrize("csr", ["", "x", "\ud800", "-" * 20_000])
def test_a_certificate_request_that_is_none(desk: CertificateSigner, csr: str) -> None:
    """The agent itself may ask, with what can be read."""
    request = json.dumps({"agent": "here", "csr": csr}).encode()
    with pytest.raises(MalformedCsr):
        desk.answer(request, ProvenCaller(AGENT))


@noise
def test_a_report_of_counts_that_is_none(raw: bytes) -> None:
    """The agent hears that it was not counted."""
    with pytest.raises(MalformedRequest, match="cannot be read"):
        Edges().take(raw, "agent", 0.0)


async def _refuses(request: bytes, peer: Peer, metadata: Mapping[str, str]) -> bytes:
    raise (MalformedRequest if request == b"m" else StreamRefused)("\ud800" + "x" * 100_000)


@pytest.mark.parametrize(
    ("request_", "code"),
    [(b"m", grpc.StatusCode.INVALID_ARGUMENT), (b"r", grpc.StatusCode.PERMISSION_DENIED)],
)
async def test_a_call_tells_what_is_wrong(
    tmp_path: Path, request_: bytes, code: grpc.StatusCode
) -> None:
    """INVALID_ARGUMENT for what cannot be read; its words may quote anything, at any length."""
    address = f"unix:{tmp_path}/s"
    serving = await serve([address], OpenStreams(_Nobody()), {"/a/B": _refuses})
    async with grpc.aio.insecure_channel(address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as told:
            await channel.unary_unary("/a/B")(request_)
    await serving.close()
    assert told.value.code() is code
    assert "\\ud800x" in (told.value.details() or "")


class _Nobody:
    def open(self, peer: Peer, node: Node, metadata: Mapping[str, str]) -> Any:
        raise StreamRefused("nobody is admitted here")


async def _said(path: Path, raw: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**24)
    writer.write(raw.replace(b"\n", b" ") + b"\n")
    answer: dict[str, Any] = json.loads(await reader.readline())
    writer.close()
    return answer


Open = Callable[[Path], Awaitable[Any]]


async def _agent(path: Path) -> Any:
    return await open_control([], path)


async def _holder(path: Path) -> Any:
    control = ControlServer("holder", [])
    await control.open(path)
    return control


@noise
@pytest.mark.parametrize("start", [_agent, _holder])
async def test_a_line_at_a_control_socket(
    tmp_path: Path, start: Open, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Agent and holder answer with an error in words, and log no traceback."""
    control = await start(tmp_path / "s")
    assert "error" in await _said(tmp_path / "s", raw)
    control.close()
    assert not [each for each in caplog.records if each.exc_info]


SHAPES = {
    "a pod that is a number": (b'{"op": "exec", "pod": 5, "argv": []}', "$.pod"),
    "a command that is a text": (b'{"op": "exec", "pod": "a/b", "argv": "sh"}', "$.argv"),
    "a pod that is missing": (b'{"op": "delete_pod"}', "missing required field `pod`"),
    "less than none": (b'{"op": "scale", "name": "a", "replicas": -1}', "Expected `int` >= 0"),
    "too many": (b'{"op": "scale", "name": "a", "replicas": 4294967296}', "$.replicas"),
    "many digits": (b'{"op": "scale", "name": "a", "replicas": ' + b"9" * 99 + b"}", "$.replicas"),
    "no state": (b'{"op": "plane", "state": "dance"}', "$.state"),
    "no signal": (b'{"op": "kill", "name": "a", "signal": 999}', "$.signal"),
    "no time at all": (b'{"op": "kill", "name": "a", "grace": -1}', "$.grace"),
    "variables in a list": (b'{"op": "spawn", "name": "a", "argv": [], "env": []}', "$.env"),
    "deep down": (b'{"op": "exec", "pod": "a/b", "argv": ' + b"[" * 9_000, "one JSON object"),
}


@pytest.mark.parametrize(("raw", "words"), SHAPES.values(), ids=SHAPES.keys())
async def test_a_request_to_the_holder_of_another_shape(
    tmp_path: Path, raw: bytes, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told the field and the type; there is no lab behind this socket that could act."""
    table = HolderOperations(cast(Holder, None)).table()
    control = ControlServer("holder", table)
    await control.open(tmp_path / "s")
    assert words in (await _said(tmp_path / "s", raw))["error"]
    control.close()
    assert not [each for each in caplog.records if each.exc_info]

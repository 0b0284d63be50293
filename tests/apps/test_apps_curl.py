"""curl of ours: what scripts rely on in the real one, its exit codes above all."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from gossamer.apps.curl import wget
from gossamer.apps.curl.arguments import read_order
from gossamer.apps.curl.main import main
from gossamer.apps.httpbin.facts import Values
from gossamer.apps.httpbin.main import httpbin_app
from tests.apps.conftest import ServeHttp, ServeTcp


@pytest.fixture
async def url(serve_http: ServeHttp) -> str:
    """A server to call."""
    return await serve_http(httpbin_app(Values.STRINGS, "httpbin-1"))


async def curl(*args: str) -> int:
    """The exit code of a run, in a thread: the server runs in this loop."""
    return await asyncio.to_thread(main, "curl", args)


async def test_body_and_status(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """-s -o -w print what scripts parse: the code, the size, the final URL."""
    write = "%{http_code} %{size_download} %{num_redirects} 100%%\\n"
    assert await curl("-s", "-o", "/dev/null", "-w", write, f"{url}/bytes/12") == 0
    assert capfd.readouterr().out == "200 12 0 100%\n"
    assert await curl("-sL", "-o/dev/null", "-w%{url_effective}", f"{url}/redirect/2") == 0
    assert capfd.readouterr().out == f"{url}/get"


async def test_request_options_arrive(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """-X -H -d -u -A -G change the request as in curl."""
    assert await curl("-s", "-d", "a=1", "-d", "b=2", f"{url}/post") == 0
    assert json.loads(capfd.readouterr().out)["form"] == {"a": "1", "b": "2"}
    await curl("-sXPUT", "-H", "X-A: b", "-H", "Accept:", "--json", '{"k":1}', f"{url}/put")
    told = json.loads(capfd.readouterr().out)
    assert told["json"] == {"k": 1}
    assert told["headers"]["X-A"] == "b"
    assert "Accept" not in told["headers"]
    await curl("-s", "-G", "-d", "q=x", "-A", "me", "-u", "a:b", f"{url}/get")
    told = json.loads(capfd.readouterr().out)
    assert (told["args"], told["headers"]["User-Agent"]) == ({"q": "x"}, "me")
    assert told["headers"]["Authorization"] == "Basic YTpi"


async def test_heads(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """-i puts the head before the body, -I shows the head alone, -v goes to standard error."""
    assert await curl("-sI", f"{url}/get") == 0
    assert capfd.readouterr().out.startswith("HTTP/1.1 200 OK\r\n")
    assert await curl("-si", f"{url}/bytes/0") == 0
    assert capfd.readouterr().out.endswith("\r\n\r\n")
    assert await curl("-sv", f"{url}/bytes/0") == 0
    said = capfd.readouterr()
    assert said.out == ""
    assert "> GET /bytes/0" in said.err
    assert "< HTTP/1.1 200" in said.err


async def test_exit_codes(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The codes that scripts test: 2 usage, 6 name, 7 connect, 22 status, 28 time, 52 empty."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(SystemExit) as usage:
        main("curl", ["--nonsense"])
    assert usage.value.code == 2
    assert await curl("-s", "http://no-such-name.invalid/") == 6
    assert await curl("-s", nobody) == 7
    assert await curl("-sf", f"{url}/status/404") == 22
    assert await curl("-s", f"{url}/status/404") == 0
    assert await curl("-s", "-m", "0.1", f"{url}/delay/5") == 28
    assert await curl("-s", "gopher://x/") == 1
    capfd.readouterr()
    assert await curl("-sS", nobody) == 7
    assert "(7)" in capfd.readouterr().err


async def test_an_empty_reply_is_52_and_a_torn_body_is_18(serve_tcp: ServeTcp) -> None:
    """A server that hangs up is told apart from one that stops halfway."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"torn" in await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")

    port = await serve_tcp(answer)
    assert await curl("-s", f"http://127.0.0.1:{port}/") == 52
    assert await curl("-s", f"http://127.0.0.1:{port}/torn") == 18


async def test_a_failed_call_still_writes_its_code(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """`-w %{http_code}` says 000 when no answer came."""
    await curl("-s", "-m", "0.1", "-w", "%{http_code}", f"{url}/delay/5")
    assert capfd.readouterr().out == "000"


async def test_several_urls_resolve_and_http2(
    url: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """URLs are transferred in turn; --resolve dials elsewhere; HTTP/2 is spoken if asked for."""
    port = url.rpartition(":")[2]
    first, second = tmp_path / "1", tmp_path / "2"
    elsewhere = ("--resolve", f"shop.test:{port}:127.0.0.1")
    outputs = ("-o", str(first), "-o", str(second))
    assert await curl("-s", *elsewhere, *outputs, f"http://shop.test:{port}/get", f"{url}/ip") == 0
    assert json.loads(first.read_text())["headers"]["Host"] == f"shop.test:{port}"
    assert "origin" in second.read_text()
    assert (
        await curl("-s", "--http2-prior-knowledge", "-w", "%{http_version}", f"{url}/bytes/0") == 0
    )
    assert capfd.readouterr().out == "2"


async def test_retry_waits_out_a_bad_moment(
    serve_http: ServeHttp, capfd: pytest.CaptureFixture[str]
) -> None:
    """--retry tries again on 503 and shows the good answer alone."""
    from starlette.responses import PlainTextResponse

    answers = iter([PlainTextResponse("bad", 503), PlainTextResponse("good")])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await next(answers)(scope, receive, send)

    url = await serve_http(app)
    assert await curl("-s", "--retry", "2", "--retry-delay", "0", url) == 0
    assert capfd.readouterr().out == "good"


def test_data_comes_from_files(tmp_path: Path) -> None:
    """-d @file drops line breaks, --data-binary @file keeps them."""
    (tmp_path / "f").write_text("a\nb\n")
    assert read_order(["-d", f"@{tmp_path}/f", "http://x"]).body == b"ab"
    assert read_order(["--data-binary", f"@{tmp_path}/f", "http://x"]).body == b"a\nb\n"


async def test_wget_tells_heads_and_failures(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """busybox scripts read the status from --server-response and the exit code."""
    fetch = asyncio.to_thread(wget.main, "wget", ["--server-response", "-O", "-", f"{url}/bytes/3"])
    assert await fetch == 0
    said = capfd.readouterr()
    assert len(said.out.encode("latin-1", "replace")) > 0
    assert "  HTTP/1.1 200 OK" in said.err
    assert await asyncio.to_thread(wget.main, "wget", ["-q", "--spider", f"{url}/status/500"]) == 8


async def test_wget_tells_the_head_even_where_it_cannot_write(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A container with a read-only root still learns the status."""
    words = ["--server-response", "-O", "/nowhere/file", f"{url}/bytes/3"]
    assert await asyncio.to_thread(wget.main, "wget", words) == 3
    assert "  HTTP/1.1 200 OK" in capfd.readouterr().err
    assert await curl("-s", "-o", "/nowhere/file", f"{url}/bytes/3") == 23

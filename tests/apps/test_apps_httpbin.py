"""httpbin: the endpoints that mesh walkthroughs call, in both known JSON shapes."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from gossamer.apps.arguments.durations import seconds_of
from gossamer.apps.client.dial import parse_url
from gossamer.apps.client.exchange import Headers, Request, Response
from gossamer.apps.client.pool import Pool
from gossamer.apps.httpbin.facts import Values
from gossamer.apps.httpbin.main import httpbin_app
from gossamer.apps.httpbin.statuses import choose_status
from tests.apps.conftest import ServeHttp


@pytest.fixture
async def url(serve_http: ServeHttp) -> str:
    """httpbin in go-httpbin's shape."""
    return await serve_http(httpbin_app(Values.LISTS, "httpbin-1"))


async def call(url: str, method: str = "GET", headers: Headers = (), body: bytes = b"") -> Response:
    """One call."""
    address, target = parse_url(url)
    pool = Pool()
    answer = await pool.call(address, Request(target, method, headers, body), 10)
    pool.close()
    return answer


async def told(url: str, *args: Any) -> Any:
    """The JSON of an answer."""
    return json.loads((await call(url, *args)).body)


async def test_headers_are_lists_as_in_go_httpbin(url: str) -> None:
    """/headers repeats every header, canonically written, its values as a list."""
    headers = (("x-forwarded-client-cert", "URI=spiffe://a"), ("x-two", "1"), ("x-two", "2"))
    answer = (await told(f"{url}/headers", "GET", headers))["headers"]
    assert answer["X-Forwarded-Client-Cert"] == ["URI=spiffe://a"]
    assert answer["X-Two"] == ["1", "2"]
    assert "Host" in answer


async def test_headers_are_strings_as_in_the_python_original(serve_http: ServeHttp) -> None:
    """For kennethreitz' image the same values are plain strings."""
    url = await serve_http(httpbin_app(Values.STRINGS, "httpbin-1"))
    answer = await told(f"{url}/get?a=1", "GET", (("x-one", "1"),))
    assert answer["headers"]["X-One"] == "1"
    assert answer["args"] == {"a": "1"}


async def test_get_tells_args_origin_and_url(url: str) -> None:
    """/get tells the query, the caller and the URL as it was asked."""
    answer = await told(f"{url}/get?a=1&a=2&b=")
    assert answer["args"] == {"a": ["1", "2"], "b": [""]}
    assert answer["origin"] == "127.0.0.1"
    assert answer["url"] == f"{url}/get?a=1&a=2&b="


async def test_bodies_are_told_by_their_kind(url: str) -> None:
    """JSON, forms, multipart and raw bytes each come back under their own key."""
    kind = "content-type"
    sent = await told(f"{url}/post", "POST", ((kind, "application/json"),), b'{"a": 1}')
    assert (sent["json"], sent["data"]) == ({"a": 1}, '{"a": 1}')
    form = ((kind, "application/x-www-form-urlencoded"),)
    assert (await told(f"{url}/put", "PUT", form, b"a=1&b=2"))["form"] == {"a": ["1"], "b": ["2"]}
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="n"\r\n\r\nfile\r\n--x--\r\n'
    )
    multipart = ((kind, "multipart/form-data; boundary=x"),)
    sent = await told(f"{url}/anything/deep", "PATCH", multipart, parts)
    assert (sent["form"], sent["files"], sent["method"]) == ({"a": ["1"]}, {"f": ["file"]}, "PATCH")
    assert (await told(f"{url}/post", "POST", (), b"\xff"))["data"].startswith("data:")


@pytest.mark.parametrize("status", [200, 204, 304, 404, 418, 503])
async def test_status_answers_as_asked(url: str, status: int) -> None:
    """/status/N answers N for every method."""
    for method in ("GET", "POST", "DELETE"):
        assert (await call(f"{url}/status/{status}", method)).status == status


def test_status_chooses_by_weight() -> None:
    """Of `200:0,503:1` every answer is 503; what is no status is refused."""
    assert {choose_status("200:0,503:1") for _ in range(20)} == {503}
    assert {choose_status("200,404") for _ in range(200)} == {200, 404}
    assert choose_status("abc") is None
    assert choose_status("700") is None


async def test_delay_waits(url: str) -> None:
    """/delay takes seconds or Go's durations and answers no sooner."""
    begin = time.monotonic()
    assert (await call(f"{url}/delay/0.05")).status == 200
    assert (await call(f"{url}/delay/50ms")).status == 200
    assert time.monotonic() - begin >= 0.1
    assert (await call(f"{url}/delay/soon")).status == 400


def test_durations_are_read_as_go_reads_them() -> None:
    """`1m30s` and `250ms` are durations, and so are plain seconds; nonsense is None."""
    assert (seconds_of("1m30s"), seconds_of("250ms"), seconds_of("1.5")) == (90, 0.25, 1.5)
    assert [seconds_of(text) for text in ("", "-1", "x", "1x", "inf", "nan")] == [None] * 6


async def test_bytes_and_streams_have_the_asked_size(url: str) -> None:
    """/bytes, /stream-bytes, /drip and /stream give exactly as much as asked for."""
    assert len((await call(f"{url}/bytes/1000")).body) == 1000
    one, two = [(await call(f"{url}/bytes/9?seed=4")).body for _ in range(2)]
    assert one == two
    assert len((await call(f"{url}/stream-bytes/5000?chunk_size=7")).body) == 5000
    assert (await call(f"{url}/drip?numbytes=3&duration=0.02&delay=0")).body == b"***"
    lines = (await call(f"{url}/stream/3")).body.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [0, 1, 2]


async def test_redirects_lead_to_get(url: str) -> None:
    """/redirect/N takes N hops; /redirect-to goes where it is told."""
    assert (await call(f"{url}/redirect/2")).head.get("location") == "/relative-redirect/1"
    assert (await call(f"{url}/relative-redirect/1")).head.get("location") == "/get"
    answer = await call(f"{url}/redirect-to?url=/ip&status_code=307")
    assert (answer.status, answer.head.get("location")) == (307, "/ip")


async def test_authentication(url: str) -> None:
    """/basic-auth and /bearer ask for credentials and know the right ones."""
    assert (await call(f"{url}/basic-auth/a/b")).status == 401
    basic = (("authorization", "Basic YTpi"),)
    assert (await told(f"{url}/basic-auth/a/b", "GET", basic))["authorized"] is True
    assert (await call(f"{url}/bearer")).status == 401
    assert (await told(f"{url}/bearer", "GET", (("authorization", "Bearer t"),)))["token"] == "t"


async def test_cookies_caching_and_response_headers(url: str) -> None:
    """Cookies are told and set, caching answers 304, response headers are those asked for."""
    assert (await told(f"{url}/cookies", "GET", (("cookie", "a=1"),))) == {"cookies": {"a": "1"}}
    assert (await call(f"{url}/cookies/set?a=2")).head.get("set-cookie").startswith("a=2")
    assert (await call(f"{url}/cache", "GET", (("if-none-match", "x"),))).status == 304
    assert (await call(f"{url}/response-headers?x-a=b")).head.get("x-a") == "b"


async def test_documents_and_encodings(url: str) -> None:
    """The fixed documents come with their types; /gzip is gzip."""
    for path, kind in (
        ("json", "application/json"),
        ("html", "text/html"),
        ("xml", "application/xml"),
    ):
        assert (await call(f"{url}/{path}")).head.get("content-type").startswith(kind)
    assert json.loads(gzip.decompress((await call(f"{url}/gzip")).body))["gzipped"] is True
    assert (await told(f"{url}/hostname")) == {"hostname": "httpbin-1"}
    assert (await call(f"{url}/nothing-here")).status == 404


async def test_websocket_echo(url: str) -> None:
    """/websocket/echo repeats messages."""
    pytest.importorskip("wsproto", reason="WebSocket needs the wsproto package")
    from gossamer.apps.client.websocket import websocket_echo

    assert await websocket_echo(f"{url}/websocket/echo", ["a", "b"]) == ["a", "b"]

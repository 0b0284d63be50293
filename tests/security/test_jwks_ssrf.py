"""Whoever may write a RequestAuthentication cannot make the control plane ask where it pleases."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path
from socket import AF_INET, SOCK_STREAM
from typing import Any

import pytest

from gossamer.model.policies.workload.jwt import KeySource
from gossamer.plane.observed.token_keys.addresses import networks_of, objection
from gossamer.plane.observed.token_keys.document import keys_at
from gossamer.plane.observed.token_keys.fetch import MOST_BYTES, Fetcher, FetchFailed
from tests.e2e.self_made import certificate
from tests.issuing import KeyServer, answer, key_server
from tests.signing import Signer, key_set

KEYS = key_set(Signer().jwk())
LOOPBACK = networks_of("127.0.0.0/8,::1")
SOON = timedelta(seconds=1)
LATER = timedelta(seconds=10)

INSIDE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_nobody_is_asked_inside(address: str) -> None:
    """Loopback, link-local, private, shared and reserved addresses, in each of their spellings."""
    assert objection(address, ())


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "64:ff9b::101:101"])
def test_the_public_internet_may_be_asked(address: str) -> None:
    """There issuers are."""
    assert objection(address, ()) is None


def test_an_operator_may_allow_a_network() -> None:
    """That one, and no other."""
    allowed = networks_of("10.1.0.0/16, fd00:1::/32")
    assert objection("10.1.2.3", allowed) is None
    assert objection("fd00:1::5", allowed) is None
    assert objection("::ffff:10.1.2.3", allowed) is None
    assert objection("10.2.0.1", allowed)


async def fetched(server: KeyServer, path: str, *, allowed: Any = LOOPBACK, **how: Any) -> bytes:
    patience = how.pop("patience", LATER)
    roots: bytes = how.pop("roots", b"")
    fetcher = Fetcher(allowed, lambda: roots)
    return await fetcher.document(server.url(path, **how), patience)


async def failure(server: KeyServer, path: str, **how: Any) -> str:
    with pytest.raises(FetchFailed) as told:
        await fetched(server, path, **how)
    return str(told.value)


async def test_a_name_for_this_machine_is_not_asked() -> None:
    """The name is resolved first, and nothing is sent."""
    async with key_server() as server:
        server.answers["/"] = answer(KEYS)
        assert await fetched(server, "/") == KEYS.encode()
        for host in ("127.0.0.1", "localhost", "0x7f.1", "2130706433"):
            assert "does not ask there" in await failure(server, "/", allowed=(), host=host)
        assert len(server.asked) == 1


async def test_the_address_that_was_checked_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that changes between the two looks (DNS rebinding) is looked up once."""
    looked: list[str] = []

    async def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        looked.append(host)
        address = "127.0.0.1" if len(looked) == 1 else "127.0.0.9"
        return [(AF_INET, SOCK_STREAM, 6, "", (address, port))]

    async with key_server() as server:
        server.answers["/"] = answer(KEYS)
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", _by_name(rebinding))
        one = networks_of("127.0.0.1/32")
        assert await fetched(server, "/", allowed=one, host="rebound.example") == KEYS.encode()
    assert looked == ["rebound.example"]


def _by_name(answering: Any) -> Any:
    """`answering` for names; addresses, which `open_connection` asks for too, stay as they are."""

    async def getaddrinfo(host: str, port: int, **more: Any) -> list[Any]:
        if host[0].isdigit():
            return [(AF_INET, SOCK_STREAM, 6, "", (host, port))]
        return list(await answering(host, port, **more))

    return getaddrinfo


async def test_one_private_address_among_public_ones_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the order of answers would decide."""

    async def mixed(_: str, port: int, **__: Any) -> list[Any]:
        return [(AF_INET, SOCK_STREAM, 6, "", (each, port)) for each in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", _by_name(mixed))
    assert "10.0.0.1, a private address" in await failure(KeyServer(port=80), "/", host="a.example")


async def test_redirects_lead_nowhere() -> None:
    """Not even to the same host."""
    async with key_server() as server:
        head = f"HTTP/1.1 302 Found\r\nlocation: {server.url('/keys')}\r\n"
        server.answers = {"/": answer("", head=head), "/keys": answer(KEYS)}
        assert "redirects are not followed" in await failure(server, "/")
        assert len(server.asked) == 1


async def test_a_discovered_url_is_checked_like_any() -> None:
    """An OpenID configuration cannot lead to another place than an object could."""
    issuer = "http://127.0.0.1"
    source = KeySource("http://127.0.0.1/openid", issuer)
    tried: list[str] = []

    async def told(source: KeySource, configuration: str) -> str:
        async def ask(url: str, _: timedelta) -> bytes:
            tried.append(url)
            return configuration.encode() if url == source.url else KEYS.encode()

        with pytest.raises(FetchFailed) as failed:
            await keys_at(source, SOON, ask)
        return str(failed.value)

    def configuration(url: str, whose: str = issuer) -> str:
        return f'{{"issuer": "{whose}", "jwks_uri": "{url}"}}'

    for url in ("file:///etc/passwd", "/keys", "ftp://a/", "http://a@b/", "http://a:99999/", ""):
        assert "names no URL" in await told(source, configuration(url))
    assert "another issuer" in await told(source, configuration("http://a/", "http://b"))
    assert "cannot be read" in await told(source, "[]")
    secured = KeySource("https://a.example/openid", "https://a.example")
    plain = configuration("http://a.example/keys", "https://a.example")
    assert "names no URL" in await told(secured, plain)
    assert all(url.endswith("/openid") for url in tried)


async def test_an_answer_is_bounded_in_size_and_time() -> None:
    """Nobody fills the plane's memory, or keeps it waiting by a byte now and then."""
    async with key_server() as server:
        server.answers = {
            "/huge": answer("x" * (MOST_BYTES + 1)),
            "/endless": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST_BYTES + 1),
            "/head": b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200_000,
            "/binary": answer(KEYS, head="SSH-2.0-OpenSSH\r\n"),
            "/404": answer("", head="HTTP/1.1 404 Not Found\r\n"),
            "/closed": b"",
        }
        told = {path: await failure(server, path) for path in server.answers}
        assert "longer than 256 KiB" in told["/huge"]
        assert "longer than 256 KiB" in told["/endless"]
        assert "not HTTP" in told["/head"]
        assert "not HTTP" in told["/binary"]
        assert "answered 404" in told["/404"]
        assert "closed" in told["/closed"] or "not HTTP" in told["/closed"]
        assert "within 1 s" in await failure(server, "/silent", patience=SOON)
        server.answers, server.trickle = {"/": answer(KEYS)}, True
        assert "within 1 s" in await failure(server, "/", patience=SOON)


async def test_a_server_shows_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    """Of a root that this host trusts, and for the very host of the URL."""
    shown = certificate("localhost")
    (tmp_path / "shown.pem").write_text(shown.key + shown.chain)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "shown.pem")
    roots, stranger = shown.chain.encode(), certificate("localhost").chain.encode()
    async with key_server(tls) as server:
        server.answers["/"] = answer(KEYS)
        how: dict[str, Any] = {"scheme": "https", "host": "localhost"}
        assert await fetched(server, "/", roots=roots, **how) == KEYS.encode()
        for believed, host in ((roots, "127.0.0.1"), (stranger, "localhost")):
            how["host"] = host
            assert "certificate" in await failure(server, "/", roots=believed, **how)
        assert "trusts no roots" in await failure(server, "/", **how)

"""Fetching a document of an issuer over HTTP, within bounds.

One deadline is for all of it, from the name's lookup to the last byte. The connection goes to the
very address that was checked, so a name that changes in between leads nowhere else. Redirects are
not followed, and no proxy of the environment is asked.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from socket import SOCK_STREAM, gaierror
from urllib.parse import SplitResult, urlsplit

import h11

from gossamer.plane.observed.token_keys.addresses import Networks, objection

MOST_BYTES = 256 * 1024
MOST_HEAD = 32 * 1024
LONGEST = timedelta(seconds=30)
_PORTS = {"http": 80, "https": 443}
_LINE = 160

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class FetchFailed(Exception):
    """Why a document could not be had, for people; `remedy` is what to do."""

    def __init__(self, why: str, remedy: str = "Check the issuer, and that this host may reach it"):
        super().__init__(why)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Asks for documents. `allowed` are networks beside the public internet; `roots` gives those
    whom TLS servers' certificates must come from, as PEM."""

    allowed: Networks
    roots: Callable[[], bytes]

    async def document(self, url: str, patience: timedelta) -> bytes:
        """The body behind a URL. Raises FetchFailed."""
        seconds = min(patience, LONGEST).total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await self._document(urlsplit(url))
        except TimeoutError:
            raise FetchFailed(f"it did not answer within {seconds:g} s") from None
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", "") or error.reason or "TLS failed"
            raise FetchFailed(f"its certificate or TLS is refused: {why}"[:_LINE]) from None
        except OSError as error:
            raise FetchFailed(f"it cannot be reached: {error.strerror or error}"[:_LINE]) from None

    async def _document(self, url: SplitResult) -> bytes:
        reader, writer = await self._connected(url)
        try:
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD)
            writer.write(_request(connection, url))
            return await _answer(connection, reader)
        except h11.ProtocolError as error:
            raise FetchFailed(f"its answer is not HTTP: {error}"[:_LINE]) from None
        finally:
            writer.transport.abort()

    async def _connected(self, url: SplitResult) -> Streams:
        """A connection to the first address of the host that takes one."""
        host, port = url.hostname or "", url.port or _PORTS[url.scheme]
        tls = context_of(self.roots()) if url.scheme == "https" else None
        name = host if tls is not None else None
        refusal: OSError | None = None
        for address in await self._checked(host, port):
            try:
                return await asyncio.open_connection(address, port, ssl=tls, server_hostname=name)
            except ssl.SSLError:
                raise
            except OSError as error:
                refusal = error
        raise refusal or FetchFailed(f"the name {host} has no address")

    async def _checked(self, host: str, port: int) -> list[str]:
        """The addresses of the host, if every one of them may be asked."""
        try:
            answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
        except (gaierror, UnicodeError):
            raise FetchFailed(f"the name {host} cannot be resolved") from None
        addresses = list(dict.fromkeys(str(each[4][0]).partition("%")[0] for each in answers))
        for address in addresses:
            kind = objection(address, self.allowed)
            if kind is not None:
                raise FetchFailed(
                    f"{host} is {address}, {kind}: the control plane does not ask there",
                    "Use a public address, or allow the network by --jwks-allow of the plane "
                    "(GOSSAMER_JWKS_ALLOW)",
                )
        return addresses


@lru_cache(maxsize=1)
def context_of(roots: bytes) -> ssl.SSLContext:
    """TLS to servers whose certificates come from these roots, and name the host."""
    if not roots:
        raise FetchFailed("this host trusts no roots of the web", "Install ca-certificates")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=roots.decode("ascii", "ignore"))
    return context


def _request(connection: h11.Connection, url: SplitResult) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = [
        ("host", url.netloc),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("user-agent", "gossamer"),
        ("connection", "close"),
    ]
    request = h11.Request(method="GET", target=target, headers=headers)
    head = connection.send(request) or b""
    return head + (connection.send(h11.EndOfMessage()) or b"")


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(16_384))
        elif isinstance(event, h11.Response):
            _check_status(event.status_code)
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_BYTES:
                raise FetchFailed(f"its answer is longer than {MOST_BYTES // 1024} KiB")
        elif isinstance(event, h11.EndOfMessage):
            return bytes(body)
        elif isinstance(event, h11.ConnectionClosed):
            raise FetchFailed("it closed the connection without an answer")


def _check_status(status: int) -> None:
    if 300 <= status < 400:
        raise FetchFailed(
            f"it answered {status}, and redirects are not followed", "Write the final URL"
        )
    if status != 200:
        raise FetchFailed(f"it answered {status}")

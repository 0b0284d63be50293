"""Open a connection: parse the URL, resolve, connect, TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from gossamer.apps.client.exchange import DEFAULT_PORTS, Address, CallError, Connection
from gossamer.apps.client.http1 import Http1Connection

TARGET_SAFE = "/%:@!$&'()*+,;=~-._?[]|{}\"<>^`\\"


@dataclass(frozen=True, slots=True)
class Dialling:
    """How connections are opened."""

    connect_timeout_s: float = 10.0
    tls: ssl.SSLContext | None = None
    protocol: str = "http/1.1"  # or "h2": HTTP/2 with prior knowledge


def parse_url(url: str, connect: str | None = None) -> tuple[Address, str]:
    """Address and target of a URL; http:// where it names no scheme."""
    split = urlsplit(url if "://" in url else f"http://{url}")
    if split.scheme not in DEFAULT_PORTS:
        raise CallError("scheme", f"protocol {split.scheme!r} is not supported; use http or https")
    try:
        host, port = split.hostname, split.port or DEFAULT_PORTS[split.scheme]
    except ValueError as error:
        raise CallError("url", f"{url!r} is not a URL: {error}") from error
    if not host:
        raise CallError("url", f"{url!r} names no host")
    target = quote(split.path or "/", safe=TARGET_SAFE)
    if split.query:
        target += "?" + quote(split.query, safe=TARGET_SAFE)
    return Address(split.scheme, host, port, connect or host), target


async def dial(address: Address, how: Dialling = Dialling()) -> Connection:
    """Connect; CallError with kind resolve, connect, connect-timeout or tls if it cannot be."""
    reader, writer = await open_stream(address, how)
    if how.protocol == "h2":
        from gossamer.apps.client.http2 import Http2Connection  # h2 is 2 MB

        return Http2Connection(address, reader, writer)
    return Http1Connection(address, reader, writer)


async def open_stream(
    address: Address, how: Dialling
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TCP (and for https TLS) connection."""
    tls = (how.tls or ssl.create_default_context()) if address.scheme == "https" else None
    where = f"{address.connect} port {address.port}"
    try:
        async with asyncio.timeout(how.connect_timeout_s):
            return await asyncio.open_connection(
                address.connect,
                address.port,
                ssl=tls,
                server_hostname=address.host if tls else None,
                happy_eyeballs_delay=0.25,
            )
    except TimeoutError as error:
        waited = f"after {how.connect_timeout_s:g} s"
        raise CallError("connect-timeout", f"connection to {where} timed out {waited}") from error
    except socket.gaierror as error:
        raise CallError("resolve", f"could not resolve host: {address.connect}") from error
    except ssl.SSLCertVerificationError as error:
        raise CallError("certificate", f"{where}: {error.verify_message}") from error
    except ssl.SSLError as error:
        raise CallError("tls", f"{where}: TLS handshake failed: {error.reason}") from error
    except OSError as error:
        raise CallError(
            "connect", f"failed to connect to {where}: {error.strerror or error}"
        ) from error

"""One URL as curl transfers it: connections, redirects, retries, times."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from gossamer.apps.client.dial import Dialling, dial, parse_url
from gossamer.apps.client.exchange import Address, CallError, Connection, Head, Request
from gossamer.apps.curl.arguments import Order

REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
TRANSIENT_KINDS = frozenset({"timeout", "connect-timeout"})

Show = Callable[[str, bytes], None]


@dataclass(slots=True)
class Transfer:
    """What is known of a transfer, the numbers of `-w` among it."""

    url: str
    head: Head | None = None
    size: int = 0
    redirects: int = 0
    connects: int = 0
    remote: str = ""
    remote_port: int = 0
    begin: float = field(default_factory=time.monotonic)
    times: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        """Note when something happened, in seconds from the begin."""
        self.times[name] = time.monotonic() - self.begin


async def transfer(order: Order, url: str, show: Show) -> Transfer:
    """Transfer one URL with the retries asked for. `show` gets ('head'|'body'|'note', bytes)."""
    tries = 0
    while True:
        done = Transfer(url)
        try:
            async with asyncio.timeout(order.max_time_s):
                await _follow(order, done, show, last=tries >= order.retries)
            if tries >= order.retries or done.head is None or done.head.status not in TRANSIENT:
                return done
        except TimeoutError as error:
            message = f"operation timed out after {order.max_time_s:g} seconds"
            failure = CallError("timeout", message)
            if tries >= order.retries:
                raise TransferFailed(failure, done) from error
        except OSError as error:
            raise TransferFailed(CallError("write", f"cannot write: {error}"), done) from error
        except CallError as error:
            again = order.retry_all or error.kind in TRANSIENT_KINDS
            if tries >= order.retries or not again:
                raise TransferFailed(error, done) from error
        tries += 1
        await asyncio.sleep(order.retry_delay_s)


class TransferFailed(Exception):
    """A transfer that ended in an error, with what was known by then."""

    def __init__(self, error: CallError, known: Transfer) -> None:
        super().__init__(str(error))
        self.kind = error.kind
        self.known = known


async def _follow(order: Order, done: Transfer, show: Show, last: bool) -> None:
    method, body = order.method, order.body
    while True:
        address, target = _address(order, done.url)
        request = Request(target, method, order.headers, body)
        connection = await _connect(order, address, done)
        try:
            location = await _once(order, connection, request, done, show, last)
        finally:
            connection.close()
        if location is None:
            done.mark("total")
            return
        done.redirects += 1
        if done.redirects > order.most_redirects:
            raise CallError("redirects", f"more than {order.most_redirects} redirects")
        if done.head is not None and done.head.status in (301, 302, 303) and method == "POST":
            method, body = "GET", b""
        done.url = urljoin(done.url if "://" in done.url else f"http://{done.url}", location)


async def _once(
    order: Order, connection: Connection, request: Request, done: Transfer, show: Show, last: bool
) -> str | None:
    """One request; where to go next if its answer is a redirect to follow."""
    lines = [f"{request.method} {request.target}", *(f"{n}: {v}" for n, v in request.headers)]
    show("note", "".join(f"> {line}\n" for line in [*lines, ""]).encode())
    done.head = head = await connection.start(request)
    done.mark("starttransfer")
    show("note", "".join(f"< {line}\n" for line in head_lines(head)).encode())
    location = head.get("location") if order.follow and head.status in REDIRECTS else ""
    if order.with_head:
        show("head", "".join(f"{line}\r\n" for line in head_lines(head)).encode())
    refused = order.fail and head.status >= 400
    hidden = bool(location) or refused or (not last and head.status in TRANSIENT)
    done.size = 0
    if request.method != "HEAD":
        async for piece in connection.body():
            done.size += len(piece)
            if not hidden:
                show("body", piece)
    if refused:
        raise CallError("status", f"the requested URL returned error: {head.status}")
    return location or None


def head_lines(head: Head) -> list[str]:
    """Status line, headers and the empty line."""
    version = "HTTP/2" if head.version == "2" else f"HTTP/{head.version}"
    first = f"{version} {head.status} {head.reason}"
    return [first, *(f"{name}: {value}" for name, value in head.headers), ""]


def _address(order: Order, url: str) -> tuple[Address, str]:
    address, target = parse_url(url)
    elsewhere = order.resolve.get((address.host, address.port))
    return parse_url(url, elsewhere) if elsewhere else (address, target)


async def _connect(order: Order, address: Address, done: Transfer) -> Connection:
    tls = _tls(order) if address.scheme == "https" else None
    protocol = "h2" if order.http2 else "http/1.1"
    connection = await dial(address, Dialling(order.connect_timeout_s, tls, protocol))
    done.mark("connect")
    done.connects += 1
    peer = connection.peer
    done.remote, done.remote_port = peer
    return connection


def _tls(order: Order) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=order.ca_file)
        if order.cert:
            context.load_cert_chain(order.cert, order.key)
    except (OSError, ssl.SSLError) as error:
        raise CallError("certificate", f"cannot read certificates: {error}") from error
    if order.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context

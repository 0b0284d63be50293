"""A call as its client makes it: who calls, what is dialled, and what the request says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gossamer.contract.addresses import bracketed, is_address, with_port
from gossamer.explain.route.request import Pairs

OUTSIDE = "outside"
"""The source of a call that comes from no pod of the mesh: it enters by a gateway."""

MOST_BYTES, MOST_HEADERS = 60 * 1024, 100
"""Envoy answers 431 to more."""
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "tcp": 0}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class BadCall(ValueError):
    """The call cannot be made as it is written. The message says why and what to write."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    `source` is `NS/POD` or OUTSIDE, `host` and `port` what is dialled, `authority` what the
    request's Host header says, `path` begins with `/` and holds the query. Names in `headers`
    are lower case; the Host header is not among them. With the scheme `tcp` there is no request.
    `client` is the address of who calls from outside, "" where it is not known.
    """

    source: str
    method: str
    scheme: str
    host: str
    port: int
    authority: str
    path: str = "/"
    headers: Pairs = ()
    client: str = ""

    def __str__(self) -> str:
        if self.scheme == "tcp":
            return f"tcp://{self.host}:{self.port}"
        return f"{self.method} {self.scheme}://{self.authority}{self.path}"


def call_to(
    source: str,
    url: str,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    client: str = "",
) -> Call:
    """The call that a client of that source makes to a URL, as curl would. Raises BadCall."""
    scheme, host, port, path = _parts(url)
    pairs = tuple((name.strip().lower(), value.strip()) for name, value in headers)
    for name, value in pairs:
        if not _TOKEN.fullmatch(name) or any(ord(c) < 32 and c != "\t" for c in value):
            raise BadCall(f"header {name[:60]!r} is not valid in HTTP; write 'Name: value'")
    size = len(url) + sum(len(name) + len(value) for name, value in pairs)
    if size > MOST_BYTES or len(pairs) > MOST_HEADERS:
        raise BadCall(
            f"a request with {len(pairs)} headers and {size} characters is more than Envoy takes "
            f"(it answers 431); ask with at most {MOST_HEADERS} headers and {MOST_BYTES} characters"
        )
    if not _TOKEN.fullmatch(method):
        raise BadCall(f"method {method[:60]!r} is not valid in HTTP; write one such as GET")
    if client and not is_address(client):
        raise BadCall(f"the client {client[:60]!r} is not an IP address; write one")
    authority = bracketed(host) if port == _PORTS[scheme] else with_port(host, port)
    named = [value for name, value in pairs if name == "host"]
    rest = tuple(pair for pair in pairs if pair[0] != "host")
    authority = named[-1] if named else authority
    return Call(source, method, scheme, host, port, authority, path, rest, client)


def _parts(url: str) -> tuple[str, str, int, str]:
    try:
        split = urlsplit(url if "://" in url else f"http://{url}")
        port, host = split.port, split.hostname or ""
    except ValueError as error:
        raise BadCall(f"URL {url[:200]!r} cannot be read: {error}") from error
    if split.scheme not in _PORTS:
        known = ", ".join(_PORTS)
        raise BadCall(f"URL {url[:200]!r} has the scheme {split.scheme!r}; write one of {known}")
    number = _PORTS[split.scheme] if port is None else port
    if not host or not number or re.search(r"[\s\x00-\x1f\x7f]", url):
        raise BadCall(f"URL {url[:200]!r} has no host and port; write SCHEME://HOST[:PORT]/PATH")
    query = f"?{split.query}" if split.query or "?" in url.partition("#")[0] else ""
    return split.scheme, host, number, (split.path or "/") + query

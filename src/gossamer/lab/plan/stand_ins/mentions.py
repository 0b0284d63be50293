"""Finds what may be names of services in a container's variables, words and files. Pure text.

Whether a name means a service is for others to say: most of what is found here means none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

LONGEST = 65536
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^\s\"'<>,;|\\)}\]]+)")
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PAIR = re.compile(rf"(?<![\w.@/:-])({_HOST}):(\d{{1,5}})(?![\w.:])(/[\w./-]*)?")
_KEYED = re.compile(rf"(?i)\b(?:host|hostname|server|data source)\s*=\s*({_HOST})")
_KEYED_PORT = re.compile(r"(?i)\bport\s*=\s*(\d{1,5})")
_BARE = re.compile(_HOST)
_HINTS = (
    *("ADDR", "ADDRS", "ADDRESS", "ADDRESSES", "BACKEND", "BASE", "BROKER", "BROKERS", "DOMAIN"),
    *("ENDPOINT", "ENDPOINTS", "HOST", "HOSTS", "HOSTNAME", "LOCATION", "SERVER", "SERVERS"),
    *("SERVICE", "SVC", "TARGET", "UPSTREAM", "URI", "URL", "URLS"),
)
_HINT = re.compile(rf"(?:^|[._-]|(?<=[a-z0-9])(?=[A-Z]))({'|'.join(_HINTS)})\d*$", re.IGNORECASE)
_COMMENT = re.compile(r"^\s*(#|//|;).*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mention:
    """One possible name of a service. `sure`: it was written as an address, not as a mere word."""

    host: str
    port: int | None = None
    scheme: str = ""
    path: str = "/"
    why: str = ""
    sure: bool = True


def in_variables(variables: Mapping[str, str]) -> Iterator[Mention]:
    """Addresses in any value, and bare names in variables whose own name asks for a host."""
    by_name = {name.upper(): value for name, value in variables.items()}
    for name, value in sorted(variables.items()):
        why = f"env {name}"
        yield from in_text(value, why)
        yield from _bare(name, value, by_name, why)


def in_words(words: Sequence[str]) -> Iterator[Mention]:
    """The same for a command line, where `--cart-host cart` is a variable too."""
    pairs = {name: value for name, value in _options(words) if name}
    by_name = {name.upper(): value for name, value in pairs.items()}
    for name, value in _options(words):
        why = f"argument --{name}" if name else "argument"
        yield from in_text(value, why)
        yield from _bare(name, value, by_name, why)


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, argument in enumerate(words):
        name, equals, value = argument.lstrip("-").partition("=")
        if not argument.startswith("-"):
            before = words[at - 1] if at else ""
            is_value = before.startswith("-") and "=" not in before
            yield (before.lstrip("-") if is_value else ""), argument
        elif equals:
            yield name, value


def in_file(text: str, path: str) -> Iterator[Mention]:
    """Addresses in a file of a ConfigMap, its comments left out."""
    yield from in_text(_COMMENT.sub("", text[:LONGEST]), f"file {path}")


def in_text(text: str, why: str) -> Iterator[Mention]:
    """URLs, `host:port` and `host=name`."""
    text = text[:LONGEST]
    for match in _URL.finditer(text):
        if mention := _of_url(match[1], match[2], why):
            yield mention
    rest = _URL.sub(" ", text)
    for match in _PAIR.finditer(rest):
        yield Mention(match[1], int(match[2]), path=match[3] or "/", why=why)
    port = _KEYED_PORT.search(rest)
    for match in _KEYED.finditer(rest):
        yield Mention(match[1], int(port[1]) if port else None, why=why)


def _of_url(scheme: str, rest: str, why: str) -> Mention | None:
    authority, slash, path = rest.partition("/")
    authority = authority.partition("?")[0].rpartition("@")[2]
    host, _, port = authority.partition(":")
    if not _BARE.fullmatch(host) or not (port.isdigit() or not port):
        return None
    target = "/" + path.partition("#")[0] if slash else "/"
    return Mention(host, int(port) if port else None, scheme.lower(), target, why)


def _bare(name: str, value: str, by_name: Mapping[str, str], why: str) -> Iterator[Mention]:
    hint = _HINT.search(name)
    if hint is None:
        return
    port = _port_beside(name, hint, by_name)
    for host in re.split(r"[\s,;]+", value.strip()):
        if _BARE.fullmatch(host):
            yield Mention(host, port, why=why, sure=False)


def _port_beside(name: str, hint: re.Match[str], by_name: Mapping[str, str]) -> int | None:
    """`REDIS_PORT` for `REDIS_HOST`, `CART_SERVICE_PORT` for `CART_SERVICE`."""
    start, end = name[: hint.start(1)].upper(), name.upper()
    for candidate in (f"{start}PORT", f"{end}_PORT", f"{end}.PORT", f"{end}-PORT"):
        if (value := by_name.get(candidate, "").strip()).isdigit():
            return int(value)
    return None

"""Other ways to write one path: escapes, dots, slashes, parameters, whole URLs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

WORD = "/secret"
REST = "/key"
DOTS = ("..", "%2e%2e", ".%2e", "%2E.", "%252e%252e", "..%00", "..;", "...", ".", "%2e")
SLASHES = ("/", "//", "%2f", "%2F", "%5c", "\\", "%252f", "/./", "%2f/", "/%2f")
ODD = (
    "/x;/../secret/key",
    "/;a=b/../secret/key",
    "/secret;a=b/key",
    "/secret;/key",
    "/?/../secret/key",
    "/x%3f/../secret/key",
    "/x%3F/%2e%2e/secret/key",
    "/#/../secret/key",
    "/x%23/../secret/key",
    "/secret#/../..",
    "/secret?/../..",
    "/secret%3f/../..",
    "/secret%23",
    "/%u0073ecret/key",
    "/%u002fsecret/key",
    "/%c1%b3ecret/key",
    "/%e0%81%b3ecret/key",
    "/%ef%bd%93ecret/key",
    "/%c0%afsecret/key",
    "/%ef%bc%8fsecret/key",
    "secret/key",
    "%2fsecret/key",
    "*",
    "?/secret",
    "http://front.example/secret/key",
    "HTTP://front.example/secret/key",
    "http://u:p@front.example/secret/key",
    "http://front.example//secret/key",
    "http://front.example/%2fsecret/key",
    "http://front.example%2fsecret/key",
    "http://front.example\\secret/key",
    "http://front.example/x/..%2fsecret/key",
    "http:///secret/key",
    "http:/secret/key",
    "//front.example/secret/key",
    "http://internal.example/",
    "http://INTERNAL.example:80/",
    "https://internal.example./",
    "http://u@internal.example/",
    "http://internal.example?x",
)


def spellings() -> tuple[str, ...]:
    """All of them, each once; letters stand for bytes (Latin-1)."""
    return tuple(dict.fromkeys((*ODD, *_escapes(), *_nested(), *_dots(), *_raw())))


def _escapes() -> Iterator[str]:
    """Every byte escaped, instead of each letter and between any two."""
    yield from (f"%{byte}{WORD}{REST}" for byte in ("00", "20", "25", "2e", "2f", "5c"))
    for byte, at in itertools.product(range(256), range(1, len(WORD) + 1)):
        for form in dict.fromkeys((f"%{byte:02x}", f"%{byte:02X}")):
            yield WORD[:at] + form + WORD[at:] + REST
            if at < len(WORD) and byte == ord(WORD[at]):
                yield WORD[:at] + form + WORD[at + 1 :] + REST
        if at == 1:
            yield f"/x/..%{byte:02x}{WORD}{REST}"


def _nested() -> Iterator[str]:
    """Escapes that appear only once others were undone."""
    for at, letter in enumerate(WORD):
        for char in dict.fromkeys((letter, "/", "\\", ".")):
            high, low = _digits(char)
            over = WORD[at:] if char != letter else WORD[at + 1 :]
            for form in _twice(high, low):
                yield WORD[:at] + form + over + REST
                yield f"/x/..{form}{WORD.lstrip('/')}{REST}"
                yield f"/x/{form}{form}/{WORD.lstrip('/')}{REST}"


def _twice(high: str, low: str) -> Iterator[str]:
    escaped = ["%" + "".join(_digits(each)) for each in (high, low)]
    yield f"%%{escaped[0][1:]}{low}"
    yield f"%{high}{escaped[1]}"
    yield f"%{escaped[0]}{low}"
    yield f"%{escaped[0]}{escaped[1]}"
    yield f"%25{high}{low}"
    yield f"%2525{high}{low}"
    yield f"%25{escaped[0]}{escaped[1]}"
    yield f"%2%35{high}{low}"
    yield f"%%32%35{high}{low}"


def _digits(char: str) -> tuple[str, str]:
    return f"{ord(char) >> 4:x}", f"{ord(char) & 15:x}"


def _dots() -> Iterator[str]:
    for before, dot, after in itertools.product(SLASHES, DOTS, SLASHES):
        yield f"/x{before}{dot}{after}secret/key"
    for before, dot in itertools.product(SLASHES, DOTS):
        yield f"/{before}{dot}{before}secret/key"
        yield f"/{before}secret/key"


def _raw() -> Iterator[str]:
    """Bytes that no URL has."""
    some = (*range(1, 33), 35, 92, 127, 128, 160, 175, 192, 255)
    for byte, at in itertools.product(some, (0, 1, len(WORD))):
        if chr(byte) not in "\r\n ":
            yield WORD[:at] + chr(byte) + WORD[at:] + REST

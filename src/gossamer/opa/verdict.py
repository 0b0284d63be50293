"""What becomes of a call by what a rule gave: true or false, or an object with more to say.

Whatever is not understood denies: an undefined rule, a word in place of a boolean, a status that
is none. The shape is that of OPA's Envoy plugin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]

REFUSED = 403


@dataclass(frozen=True, slots=True)
class RegoVerdict:
    """Whether the call is let in; `status`, `body` and `headers` of a refusal; what is set on a
    request that goes on (`headers`), removed of it, and added to its response."""

    allowed: bool
    status: int = REFUSED
    headers: Headers = ()
    body: str = ""
    removed: tuple[str, ...] = ()
    response_headers: Headers = ()
    reason: str = ""


def verdict_of(result: Any) -> RegoVerdict:
    """The verdict of a rule's value; None is a rule that is undefined for this call."""
    if isinstance(result, bool):
        return RegoVerdict(result, reason="" if result else "the rule is false")
    if result is None:
        return RegoVerdict(False, reason="the rule is undefined for this call")
    if not isinstance(result, Mapping) or not isinstance(result.get("allowed"), bool):
        return RegoVerdict(
            False, reason="the rule gives neither a boolean nor an object with allowed"
        )
    return RegoVerdict(
        allowed=result["allowed"],
        status=_status(result.get("http_status")),
        headers=tuple(_headers(result.get("headers"))),
        body=str(result.get("body", "")),
        removed=tuple(map(str, _listed(result.get("request_headers_to_remove")))),
        response_headers=tuple(_headers(result.get("response_headers_to_add"))),
        reason="" if result["allowed"] else "the rule says so",
    )


def _status(status: Any) -> int:
    """A refusal never answers as if all were well."""
    known = isinstance(status, int) and not isinstance(status, bool) and 300 <= status <= 599
    return status if known else REFUSED


def _headers(headers: Any) -> Iterator[tuple[str, str]]:
    """A mapping, or a list of mappings, of names to a value or a list of values."""
    for each in headers if isinstance(headers, list) else [headers]:
        for name, value in each.items() if isinstance(each, Mapping) else ():
            yield from ((str(name), str(one)) for one in _listed(value))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]

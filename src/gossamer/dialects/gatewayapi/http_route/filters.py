"""Filters of a rule or of one backend, each to the reader of its feature.

A filter that cannot be honoured must not be skipped (the specification says so): the requests
that it was for are answered 500.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gossamer.dialects.gatewayapi.http_route.cors import read_cors
from gossamer.dialects.gatewayapi.http_route.headers import (
    join_headers,
    read_request,
    read_response,
)
from gossamer.dialects.gatewayapi.http_route.mirror import join_mirrors, read_mirror
from gossamer.dialects.gatewayapi.http_route.redirect import read_redirect
from gossamer.dialects.gatewayapi.http_route.rewrite import read_rewrite
from gossamer.dialects.placed import Written
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies import Policies, Policy, policies
from gossamer.model.policies.headers import Headers
from gossamer.model.policies.mirror import Mirror

FILTERS: Mapping[str, tuple[str, Callable[[Fields, str], Any] | None]] = {
    "RequestHeaderModifier": ("requestHeaderModifier", read_request),
    "ResponseHeaderModifier": ("responseHeaderModifier", read_response),
    "RequestRedirect": ("requestRedirect", lambda item, _: read_redirect(item)),
    "URLRewrite": ("urlRewrite", lambda item, _: read_rewrite(item)),
    "RequestMirror": ("requestMirror", read_mirror),
    "CORS": ("cors", read_cors),
    "ExternalAuth": ("externalAuth", None),
    "ExtensionRef": ("extensionRef", None),
}
"""A filter's stanza by its type, and the reader of it; None where it is not supported yet."""

MANY = ("RequestMirror",)
"""The types that may stand several times in one list."""

_JOIN: Mapping[type, Callable[[Any, Any], Any]] = {Headers: join_headers, Mirror: join_mirrors}
"""How two filters that make one policy are joined."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The policies that the filters ask for, with their paths; `refused` says why the requests
    must be answered 500."""

    written: tuple[Written, ...] = ()
    refused: str = ""

    @property
    def policies(self) -> Policies:
        """The policies alone."""
        return policies(*(value for value, _ in self.written))


def read_filters(rule: Fields, namespace: str) -> Filters | None:
    """All filters of a rule or backend together; None where one of them has errors."""
    by_type: dict[type, Written] = {}
    seen: set[str] = set()
    refused, broken = "", False
    for item in rule.each("filters"):
        kind = item.one_of("type", tuple(FILTERS), required=True) or ""
        value = _read(item, kind, seen, namespace)
        if kind and FILTERS[kind][1] is None:
            refused = f"the filter {kind} is not supported"
        if value is not None:
            former, path = by_type.get(type(value), (None, item.path))
            joined = value if former is None else _JOIN[type(value)](former, value)
            by_type[type(value)] = joined, path
        broken = broken or item.failed
    return None if broken else Filters(tuple(by_type.values()), refused)


def _read(item: Fields, kind: str, seen: set[str], namespace: str) -> Policy | None:
    """What one filter asks for; errors are reported on it."""
    if not kind:
        item.skip(*(field for field, _ in FILTERS.values()))
        return None
    field, read = FILTERS[kind]
    stanza = item.child(field, required=True)
    _check_others(item, kind)
    if read is None:
        _tell_unsupported(item, kind)
    elif kind in seen and kind not in MANY:
        for inside in (stanza, stanza.child("path")):
            inside.skip(*inside.names())
        _tell_twice(item, kind)
    else:
        seen.add(kind)
        value: Policy | None = read(stanza, namespace)
        return value
    return None


def _check_others(item: Fields, kind: str) -> None:
    """Report what a filter says for another type than its own."""
    for other, (field, _) in FILTERS.items():
        if kind and other != kind and item.has(field):
            item.skip(field)
            item.report(
                f"{dotted((*item.path, field))} is set in a filter of type {kind}",
                "the API server refuses the object; it has no effect",
                f"Set type: {other} for it, in a filter of its own",
                field=field,
                code="misplaced-filter",
            )


def _tell_unsupported(item: Fields, kind: str) -> None:
    item.skip(*(field for field, _ in FILTERS.values()))
    item.child(FILTERS[kind][0]).skip(*item.child(FILTERS[kind][0]).names())
    item.report(
        f"{dotted(item.path)} is a {kind} filter, which is not supported yet",
        "the requests that it is for are answered 500",
        "Remove it, or accept this effect",
        field="type",
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _tell_twice(item: Fields, kind: str) -> None:
    item.skip(FILTERS[kind][0])
    item.report(
        f"{dotted(item.path)} is a second {kind} filter, but only one is allowed",
        "it is ambiguous which one is meant",
        "Join the two",
        field="type",
        code="duplicate-filter",
    )

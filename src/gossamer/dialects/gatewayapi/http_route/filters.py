"""Filters of a rule or of one backend, each to the reader of its feature.

A filter that cannot be honoured must not be skipped (the specification says so): the requests
that it was for are answered 500.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gossamer.dialects.gatewayapi.http_route.headers import read_header_change
from gossamer.dialects.gatewayapi.http_route.mirror import read_mirror_target
from gossamer.dialects.gatewayapi.http_route.redirect import read_redirect
from gossamer.dialects.gatewayapi.http_route.rewrite import read_rewrite
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.finding import Severity
from gossamer.model.policies.headers import HeaderChange, Headers
from gossamer.model.policies.mirror import Mirror, MirrorTarget
from gossamer.model.policies.redirect import Redirect
from gossamer.model.policies.rewrite import Rewrite

_FIELDS = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "RequestMirror": "requestMirror",
    "CORS": "cors",
    "ExternalAuth": "externalAuth",
    "ExtensionRef": "extensionRef",
}
_NOT_YET = ("CORS", "ExternalAuth", "ExtensionRef")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the filters ask for; `refused` says why the requests must be answered 500."""

    headers: Headers | None = None
    redirect: Redirect | None = None
    rewrite: Rewrite | None = None
    mirror: Mirror | None = None
    refused: str = ""


def read_filters(rule: Fields, namespace: str) -> Filters | None:
    """All filters of a rule or backend together; None where one of them has errors."""
    found: dict[str, Any] = {}
    targets: list[MirrorTarget] = []
    refused, broken = "", False
    for item in rule.each("filters"):
        kind = item.one_of("type", tuple(_FIELDS), required=True) or ""
        if not kind:
            item.skip(*_FIELDS.values())
        stanza = item.child(_FIELDS[kind], required=True) if kind else item
        _check_others(item, kind)
        if kind == "RequestMirror":
            targets += read_mirror_target(stanza, namespace)
            continue
        if kind in _NOT_YET:
            _tell_unsupported(item, kind)
            refused = f"the filter {kind} is not supported"
        elif kind in found:
            for inside in (stanza, stanza.child("path")):
                inside.skip(*inside.names())
            _tell_twice(item, kind)
        elif kind:
            found[kind] = _READERS[kind](stanza)
        broken = broken or item.failed
    if broken:
        return None
    mirror = Mirror(tuple(targets)) if targets else None
    return Filters(
        _headers(found), found.get("RequestRedirect"), found.get("URLRewrite"), mirror, refused
    )


def _check_others(item: Fields, kind: str) -> None:
    """Report what a filter says for another type than its own."""
    for other, field in _FIELDS.items():
        if kind and other != kind and item.has(field):
            item.skip(field)
            item.report(
                f"{dotted((*item.path, field))} is set in a filter of type {kind}",
                "the API server refuses the object; it has no effect",
                f"Set type: {other} for it, in a filter of its own",
                field=field,
                code="misplaced-filter",
            )


_READERS: dict[str, Callable[[Fields], Any]] = {
    "RequestHeaderModifier": read_header_change,
    "ResponseHeaderModifier": read_header_change,
    "RequestRedirect": read_redirect,
    "URLRewrite": read_rewrite,
}


def _headers(found: dict[str, Any]) -> Headers | None:
    request = found.get("RequestHeaderModifier", HeaderChange())
    headers = Headers(request, found.get("ResponseHeaderModifier", HeaderChange()))
    return None if headers == Headers() else headers


def _tell_unsupported(item: Fields, kind: str) -> None:
    item.skip(*_FIELDS.values())
    item.child(_FIELDS[kind]).skip(*item.child(_FIELDS[kind]).names())
    item.report(
        f"{dotted(item.path)} is a {kind} filter, which is not supported yet",
        "the requests that it is for are answered 500",
        "Remove it, or accept this effect",
        field="type",
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _tell_twice(item: Fields, kind: str) -> None:
    item.skip(_FIELDS[kind])
    item.report(
        f"{dotted(item.path)} is a second {kind} filter, but only one is allowed",
        "it is ambiguous which one is meant",
        "Join the two",
        field="type",
        code="duplicate-filter",
    )

"""`redirect`: sending the caller elsewhere."""

from __future__ import annotations

from gossamer.dialects.values.elsewhere import check_elsewhere
from gossamer.dialects.values.header import check_header_value
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.policies.redirect import Redirect, RedirectPort
from gossamer.model.policies.rewrite import PathRewrite, Replace

STATUSES = (301, 302, 303, 307, 308)
_PORTS = {
    "FROM_PROTOCOL_DEFAULT": RedirectPort.FROM_SCHEME,
    "FROM_REQUEST_PORT": RedirectPort.FROM_REQUEST,
}


def read_redirect(rule: Fields) -> Redirect | None:
    """The redirect of a rule; errors are reported in its stanza."""
    stanza = rule.child("redirect")
    if not stanza:
        return None
    status = stanza.integer("redirectCode", 301)
    if status not in STATUSES:
        _tell_status(stanza, status)
    for name in ("uri", "authority", "prefixRewrite"):
        check_header_value(stanza, name, stanza.string(name, ""))
    stanza.variant("port", "derivePort")
    check_elsewhere(stanza, ("uri", "prefixRewrite", "authority", "scheme", "port", "derivePort"))
    if stanza.has("prefixRewrite"):
        _check_prefixes(rule, stanza)
    return Redirect(
        status=status,
        scheme=stanza.one_of("scheme", ("http", "https")),
        authority=stanza.string("authority") or None,
        port=stanza.port("port") or stanza.one_of("derivePort", _PORTS),
        path=_path(stanza),
    )


def _path(stanza: Fields) -> PathRewrite | None:
    kind = stanza.variant("uri", "prefixRewrite")
    value = stanza.string(kind) if kind else None
    if not value:
        return None
    return PathRewrite(Replace.FULL if kind == "uri" else Replace.PREFIX, value)


def _check_prefixes(rule: Fields, stanza: Fields) -> None:
    """Report matches whose path is not a prefix, where a prefix is to be replaced."""
    uris = (match.child("uri") for match in rule.each("match"))
    if any(uri and not uri.has("prefix") for uri in uris):
        stanza.report(
            f"{dotted((*stanza.path, 'prefixRewrite'))} is set in a rule that matches a path by "
            "exact or regex",
            "Istio refuses it: there is no matched prefix to replace",
            "Match by prefix in this rule, or write uri",
            field="prefixRewrite",
            code="prefix-not-matched",
        )


def _tell_status(stanza: Fields, status: int) -> None:
    stanza.report(
        f"{dotted((*stanza.path, 'redirectCode'))} is {status}, which is not a redirect status",
        "clients would not follow it",
        f"Write one of {', '.join(map(str, STATUSES))}",
        field="redirectCode",
        code="out-of-range",
    )

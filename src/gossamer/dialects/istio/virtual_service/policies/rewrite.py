"""`rewrite`: another path or authority on the way to the backend."""

from __future__ import annotations

from gossamer.dialects.values.header import check_header_value
from gossamer.dialects.values.regex import check_regex, fault_of_replacement
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.policies.rewrite import PathRewrite, Replace, Rewrite
from gossamer.model.traffic.route import Compare, Match


def read_rewrite(rule: Fields, match: Match) -> Rewrite | None:
    """The rewrite for one match: a `uri` stands for the matched prefix, else the whole path."""
    stanza = rule.child("rewrite")
    if not stanza:
        return None
    authority = stanza.string("authority")
    if authority is not None:
        check_header_value(stanza, "authority", authority)
    rewrite = Rewrite(_path(stanza, match), authority or None)
    return None if stanza.failed or rewrite == Rewrite() else rewrite


def _path(stanza: Fields, match: Match) -> PathRewrite | None:
    if stanza.variant("uri", "uriRegexRewrite") == "uriRegexRewrite":
        pattern = stanza.child("uriRegexRewrite")
        text = pattern.string("match", required=True)
        value = pattern.string("rewrite", required=True)
        if text is None or value is None:
            return None
        check_regex(pattern, "match", text)
        check_header_value(pattern, "rewrite", value)
        fault = None if pattern.failed else fault_of_replacement(text, value)
        if fault is not None:
            _tell_replacement(pattern, value, fault)
        return PathRewrite(Replace.REGEX, value, text)
    uri = stanza.string("uri")
    if not uri:
        return None
    check_header_value(stanza, "uri", uri)
    by_prefix = match.path is None or match.path.compare is Compare.PREFIX
    return PathRewrite(Replace.PREFIX if by_prefix else Replace.FULL, uri)


def _tell_replacement(pattern: Fields, value: str, fault: str) -> None:
    pattern.report(
        f"{dotted((*pattern.path, 'rewrite'))} is {quoted(value)}: {fault}",
        "Envoy would refuse it",
        r"Write \1 for the first group of match, \0 for all of it, \\ for a backslash",
        field="rewrite",
        code="invalid-regex",
    )

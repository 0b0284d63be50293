"""A caller's token: what the filter of tokens left of a valid one, as metadata of the request.

The request principal is `ISSUER/SUBJECT`. Both may hold slashes, so a value is compared at each
place where it may be parted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envoy.config.rbac.v3.rbac_pb2 import Principal, SourcedMetadata
from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.value_pb2 import ValueMatcher

from gossamer.compile.network_filters.rbac.terms import PRINCIPALS
from gossamer.compile.network_filters.rbac.texts import text_matcher
from gossamer.model.policies.workload.authorization import ValueCompare, ValueMatch

TOKEN_FILTER, PAYLOAD = "envoy.filters.http.jwt_authn", "payload"
_SOME = ValueMatch(ValueCompare.PRESENT)


def request_principal_is(value: ValueMatch) -> Principal:
    """A caller whose token is of that issuer and subject."""
    pairs = (_both(issuer, subject) for issuer, subject in _parted(value))
    return PRINCIPALS.one_of(list(pairs))


def claim_is(path: Sequence[str], value: ValueMatch) -> Principal:
    """A caller whose token has that claim: as a text, or as a list that holds it."""
    if value.compare is ValueCompare.PRESENT:
        return _claim(path, ValueMatcher(present_match=True))
    text, listed = ValueMatcher(), ValueMatcher()
    text.string_match.CopyFrom(text_matcher(value))
    listed.list_match.one_of.string_match.CopyFrom(text_matcher(value))
    return PRINCIPALS.one_of([_claim(path, text), _claim(path, listed)])


def metadata_is(name: str, path: Sequence[str], value: ValueMatcher) -> Principal:
    """A call of which a filter noted this, at a path of keys."""
    return Principal(sourced_metadata=noted(name, path, value))


def noted(name: str, path: Sequence[str], value: ValueMatcher) -> SourcedMetadata:
    """What a filter noted of a call."""
    source = SourcedMetadata(metadata_matcher=MetadataMatcher(filter=name, value=value))
    for key in path:
        source.metadata_matcher.path.add(key=key)
    return source


def _claim(path: Sequence[str], value: ValueMatcher) -> Principal:
    return metadata_is(TOKEN_FILTER, (PAYLOAD, *path), value)


def _both(issuer: ValueMatch, subject: ValueMatch) -> Principal:
    return PRINCIPALS.all_of([_text("iss", issuer), _text("sub", subject)])


def _text(claim: str, value: ValueMatch) -> Principal:
    wanted = ValueMatcher()
    wanted.string_match.CopyFrom(text_matcher(value))
    return _claim((claim,), wanted)


def _parted(value: ValueMatch) -> Iterator[tuple[ValueMatch, ValueMatch]]:
    """Issuer and subject, for each way in which the value may be of both."""
    compare, text = value.compare, value.text
    splits = [(text[:at], text[at + 1 :]) for at, each in enumerate(text) if each == "/"]
    if compare is ValueCompare.EXACT:
        yield from ((_exact(issuer), _exact(subject)) for issuer, subject in splits)
    elif compare is ValueCompare.PREFIX:
        yield value, _SOME
        yield from ((_exact(issuer), _starts(subject)) for issuer, subject in splits)
    elif compare is ValueCompare.SUFFIX:
        yield _SOME, value
        yield from ((_ends(issuer), _exact(subject)) for issuer, subject in splits)
    else:
        yield _SOME, _SOME


def _exact(text: str) -> ValueMatch:
    return ValueMatch(ValueCompare.EXACT, text)


def _starts(text: str) -> ValueMatch:
    return ValueMatch(ValueCompare.PREFIX, text) if text else _SOME


def _ends(text: str) -> ValueMatch:
    return ValueMatch(ValueCompare.SUFFIX, text) if text else _SOME

"""Single values against Envoy's matchers of strings, addresses and metadata.

Source: envoy.type.matcher.v3 (StringMatcher, MetadataMatcher, ValueMatcher) and CidrRange.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from envoy.config.core.v3.address_pb2 import CidrRange
from envoy.type.matcher.v3.metadata_pb2 import MetadataMatcher
from envoy.type.matcher.v3.string_pb2 import StringMatcher
from envoy.type.matcher.v3.value_pb2 import ValueMatcher

from gossamer.explain.authorization.attributes import Address, Metadata
from gossamer.explain.authorization.truth import Truth, Unknown, any_of, negated
from gossamer.explain.route.text_match import string_matches


def text_is(match: StringMatcher, value: str | Unknown | None) -> Truth:
    """Whether a string is as the matcher wants it; one that is not there never is."""
    if value is None or isinstance(value, Unknown):
        return False if value is None else value
    if match.WhichOneof("match_pattern") == "custom":
        return Unknown("a string matcher of another make")
    return string_matches(match, value)


def address_in(range_: CidrRange, address: Address) -> Truth:
    """Whether an IP address lies in a range. One of a Unix socket lies in none."""
    if isinstance(address, Unknown):
        return address
    network = ip_network((range_.address_prefix, range_.prefix_len.value), strict=False)
    return bool(address) and ip_address(address) in network


def metadata_is(match: MetadataMatcher, metadata: Metadata | Unknown) -> Truth:
    """Whether what filters have told of the request is as the matcher wants it."""
    if isinstance(metadata, Unknown):
        return metadata
    value: Any = metadata.get(match.filter, {})
    for segment in match.path:
        value = value.get(segment.key) if isinstance(value, Mapping) else _below(value)
    if isinstance(value, Unknown):
        return value
    answer = _value_is(match.value, value)
    return negated(answer) if match.invert else answer


_PRIMITIVE = (str, bool, int, float)


def _below(value: object) -> Unknown | None:
    """What lies below a value that has no parts: nothing, unless the value itself is not known."""
    return value if isinstance(value, Unknown) else None


def _value_is(match: ValueMatcher, value: Any) -> Truth:
    kind = match.WhichOneof("match_pattern")
    if kind not in _VALUES:
        return Unknown(f"a value matcher of another make ({kind})")
    return _VALUES[kind](match, value)


def _in_list(match: ValueMatcher, value: Any) -> Truth:
    if not isinstance(value, (list, tuple)):
        return False
    return any_of(_value_is(match.list_match.one_of, each) for each in value)


def _any_value(match: ValueMatcher, value: Any) -> Truth:
    return any_of(_value_is(each, value) for each in match.or_match.value_matchers)


def _string(match: ValueMatcher, value: Any) -> Truth:
    return text_is(match.string_match, value) if isinstance(value, str) else False


_VALUES: Mapping[str | None, Callable[[ValueMatcher, Any], Truth]] = {
    "string_match": _string,
    "list_match": _in_list,
    "or_match": _any_value,
    "bool_match": lambda match, value: value is match.bool_match,
    "present_match": lambda match, value: match.present_match and isinstance(value, _PRIMITIVE),
    "null_match": lambda match, value: False,
}
"""By the kind of a ValueMatcher, whether a value is as it wants it (None: there is none)."""

"""A header's value, which a caller may write in several ways.

A header may be sent twice, and one line may hold a list: `x-role: guest,admin`. Where a match
refuses, one element of the list is enough; where it lets a call in, the whole value has to be it.
"""

from __future__ import annotations

from envoy.config.rbac.v3.rbac_pb2 import Principal
from envoy.config.route.v3.route_components_pb2 import HeaderMatcher

from gossamer.compile.network_filters.rbac.terms import PRINCIPALS
from gossamer.compile.network_filters.rbac.texts import ANYTHING, pattern_of, regex, text_matcher
from gossamer.model.policies.workload.authorization import ValueCompare, ValueMatch


def header_is(name: str, value: ValueMatch) -> Principal:
    """A request whose header is this as a whole."""
    if value.compare is ValueCompare.PRESENT:
        return _not_empty(name)
    return Principal(header=HeaderMatcher(name=name, string_match=text_matcher(value)))


def header_has(name: str, value: ValueMatch) -> Principal:
    """A request whose header is this, or has it in a list."""
    if value.compare is ValueCompare.PRESENT:
        return _not_empty(name)
    element = pattern_of(value)
    listed = regex(rf"(?:{ANYTHING},)?[ \t]*{element}[ \t]*(?:,{ANYTHING})?")
    return Principal(header=HeaderMatcher(name=name, string_match=listed))


def _not_empty(name: str) -> Principal:
    empty = HeaderMatcher(name=name)
    empty.string_match.exact = ""
    present = Principal(header=HeaderMatcher(name=name, present_match=True))
    return PRINCIPALS.all_of([present, PRINCIPALS.none_of([Principal(header=empty)])])

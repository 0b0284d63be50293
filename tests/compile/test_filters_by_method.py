"""A filter for some methods alone: Envoy's `or` needs two alternatives, so one stands by itself."""

from __future__ import annotations

import pytest
from envoy.extensions.filters.http.lua.v3.lua_pb2 import Lua

from gossamer.compile.http_filters.by_method import for_methods


@pytest.mark.parametrize("methods", [("CONNECT",), ("GET", "HEAD"), ("PUT", "GET", "TRACE")])
def test_every_other_method_skips_it(methods: tuple[str, ...]) -> None:
    """The methods stand in the order in which they are compared."""
    proto = for_methods("envoy.filters.http.lua", Lua(), methods)
    (others,) = proto.xds_matcher.matcher_list.matchers
    named = others.predicate.not_matcher
    alone = named.WhichOneof("match_type") == "single_predicate"
    predicates = [named] if alone else list(named.or_matcher.predicate)
    assert tuple(each.single_predicate.value_match.exact for each in predicates) == methods
    assert others.on_match.action.name == "skip"

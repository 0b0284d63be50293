"""A filter that takes requests of some methods alone.

https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/matching/matching_api
"""

from __future__ import annotations

from collections.abc import Sequence

from envoy.extensions.common.matching.v3.extension_matcher_pb2 import ExtensionWithMatcher
from envoy.extensions.filters.common.matcher.action.v3.skip_action_pb2 import SkipFilter
from envoy.type.matcher.v3.http_inputs_pb2 import HttpRequestHeaderMatchInput
from google.protobuf.message import Message


def for_methods(name: str, config: Message, methods: Sequence[str]) -> ExtensionWithMatcher:
    """Envoy's filter of that name, skipped for every other method; compared in their order."""
    proto = ExtensionWithMatcher()
    proto.extension_config.name = name
    proto.extension_config.typed_config.Pack(config, deterministic=True)
    others = proto.xds_matcher.matcher_list.matchers.add()
    others.on_match.action.name = "skip"
    others.on_match.action.typed_config.Pack(SkipFilter(), deterministic=True)
    named = others.predicate.not_matcher
    method = HttpRequestHeaderMatchInput(header_name=":method")
    for each in methods:
        several = len(methods) > 1
        one = (named.or_matcher.predicate.add() if several else named).single_predicate
        one.input.name = "method"
        one.input.typed_config.Pack(method, deterministic=True)
        one.value_match.exact = each
    return proto

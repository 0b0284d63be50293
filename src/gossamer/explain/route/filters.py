"""The HTTP filters of a route in the compiler's order, each by the explainer of its type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from envoy.config.route.v3.route_components_pb2 import Route
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from google.protobuf import any_pb2
from google.protobuf.message import Message

from gossamer.compile.http_filters.chain import ORDER
from gossamer.explain.route.cors import explain_cors
from gossamer.explain.route.fault import explain_fault
from gossamer.explain.route.filter_effect import Explainer, FilterEffect
from gossamer.explain.route.request import ExplainedRequest

EXPLAINERS: Mapping[type[Message], Explainer] = {HTTPFault: explain_fault, CorsPolicy: explain_cors}


def filter_effects(route: Route, request: ExplainedRequest) -> Iterator[FilterEffect]:
    """What the filters do to the request, in their order."""
    for step in ORDER:
        if step.name in route.typed_per_filter_config:
            effect = _effect(route.typed_per_filter_config[step.name], request)
            if effect is not None:
                yield effect


def _effect(config: any_pb2.Any, request: ExplainedRequest) -> FilterEffect | None:
    for kind, explainer in EXPLAINERS.items():
        message = kind()
        if config.Unpack(message):
            return explainer(message, request)
    return None

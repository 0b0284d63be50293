"""The HTTP filters of a route in the compiler's order, each by the explainer of its word.

A feature has one word in every room: what `compile/http_filters/cors.py` makes, `cors.py` beside
this file explains. The compiler's `ORDER` is the only list of filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from envoy.config.route.v3.route_components_pb2 import Route
from google.protobuf import any_pb2

from gossamer.compile.http_filters.chain import ORDER
from gossamer.explain.route.filter_effect import FilterEffect, FilterExplainer
from gossamer.explain.route.request import ExplainedRequest


def explainer_of(policy: str) -> FilterExplainer:
    """The explainer of a feature, out of the module of its word."""
    explainer = import_module(f"gossamer.explain.route.{policy}").EXPLAINER
    assert isinstance(explainer, FilterExplainer)
    return explainer


EXPLAINERS: Mapping[str, FilterExplainer] = {
    step.name: explainer_of(policy.WORD) for step in ORDER for policy in step.policies
}
"""By the name of its filter. Only filters that a route gives work to are to be explained."""


def filter_effects(route: Route, request: ExplainedRequest) -> Iterator[FilterEffect]:
    """What the filters do to the request, in their order."""
    for step in ORDER:
        if step.name in route.typed_per_filter_config and step.name in EXPLAINERS:
            config = route.typed_per_filter_config[step.name]
            effect = _effect(EXPLAINERS[step.name], config, request)
            if effect is not None:
                yield effect


def _effect(
    explainer: FilterExplainer, config: any_pb2.Any, request: ExplainedRequest
) -> FilterEffect | None:
    message = explainer.config()
    return explainer.explain(message, request) if config.Unpack(message) else None

"""Cross-origin requests: the filter is always there with nothing to do; a route gives it work.

It stands behind the one for faults, as in Istio: a preflight is delayed and aborted as any request.
"""

from __future__ import annotations

from collections.abc import Mapping

from envoy.config.route.v3.route_components_pb2 import Route
from envoy.extensions.filters.http.cors.v3 import cors_pb2
from envoy.extensions.filters.http.cors.v3.cors_pb2 import CorsPolicy

from gossamer.compile.routes.matches import string_matcher
from gossamer.compile.routes.policies.step import PolicyStep
from gossamer.model.policies import Policy
from gossamer.model.policies.cors import Cors

NAME = "envoy.filters.http.cors"


def cors_filter() -> cors_pb2.Cors:
    """The filter with nothing to do."""
    return cors_pb2.Cors()


def apply_cors(route: Route, cors: Cors) -> None:
    """Answer preflights of this route, and tell browsers who may read its answers."""
    config = CorsPolicy(
        allow_origin_string_match=map(string_matcher, cors.origins),
        allow_methods=",".join(cors.methods),
        allow_headers=",".join(cors.headers),
        expose_headers=",".join(cors.exposed),
    )
    if cors.max_age is not None:
        config.max_age = str(int(cors.max_age.total_seconds()))
    config.allow_credentials.value = cors.credentials
    config.forward_not_matching_preflights.value = cors.forward_unmatched
    route.typed_per_filter_config[NAME].Pack(config, deterministic=True)


POLICIES: Mapping[type[Policy], PolicyStep] = {
    Cors: PolicyStep(lambda route, value, _: apply_cors(route, value))
}
"""What gives the filter work. It has none where the proxy answers by itself: Envoy's filter looks
at routes to backends alone."""

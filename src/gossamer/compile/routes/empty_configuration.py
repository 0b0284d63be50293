"""An empty route configuration, with the bounds that all of ours share."""

from __future__ import annotations

from envoy.config.route.v3.route_pb2 import RouteConfiguration

from gossamer.compile.http.no_answer import HEADER

LONGEST_BODY = 2**20
"""Bytes of a direct response. Envoy's own bound is 4096, and it would refuse all routes for one."""


def route_config(name: str) -> RouteConfiguration:
    """The configuration of that name, with no host yet."""
    config = RouteConfiguration(name=name)
    config.response_headers_to_remove.append(HEADER)
    config.max_direct_response_body_size_bytes.value = LONGEST_BODY
    return config

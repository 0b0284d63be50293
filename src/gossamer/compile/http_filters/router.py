"""The router: what sends a request on, and always the last filter."""

from __future__ import annotations

from envoy.extensions.filters.http.router.v3.router_pb2 import Router

NAME = "envoy.filters.http.router"


def router() -> Router:
    """Without its statistics per response code: a proxy keeps none of them (`envoy/stats.py`).

    Each response would make and look up half a dozen names only to have them refused, about a
    twentieth of what it costs (`bench parts`).
    """
    proto = Router()
    proto.dynamic_stats.value = False
    return proto

"""CONNECT: whom a caller dialled is the proxy that it asks, whatever it wants to reach through it.

The Host of such a request names the far end of a tunnel, so it says nothing of who should get the
request. The address that was dialled does, and takes the place of the Host before anything is
looked up (`dialled.py`). The request has no path, so no rule of an author speaks of it: it goes
straight to the service or pod at that address, in a route of its own.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route
from envoy.extensions.common.matching.v3.extension_matcher_pb2 import ExtensionWithMatcher

from gossamer.compile.http_filters.by_method import for_methods
from gossamer.compile.http_filters.dialled import always_chosen

NAME = "gossamer.filters.http.connect"
CONNECT = "CONNECT"
ROUTE = "connect"


def connect_filter() -> ExtensionWithMatcher:
    """Puts the dialled address in the place of the Host; skipped for every other method."""
    return for_methods("envoy.filters.http.lua", always_chosen(), (CONNECT,))


def connect_route(plain: Route) -> Route:
    """The route of such requests, doing what a route does that takes all others."""
    route = Route()
    route.CopyFrom(plain)
    route.name = ROUTE
    route.match.Clear()
    route.match.connect_matcher.SetInParent()
    return route

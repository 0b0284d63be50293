"""A request whose trailers come while its host is still being asked for.

Envoy's on_demand filter holds a request's head and body until the host is known, but lets it go on
when trailers come, and a request without a route is answered 404. So such a request rests behind
it, a moment first and then longer, until the host has come.

Hosts are asked for in two places, the second for those that no object declares (`dialled.py`), so
there are two sets of these filters: a script that marks requests without a route, and Envoy's
filter for faults with a delay for those that are marked. Where the route is known when a request
arrives its configuration switches them off, so that ordinary requests never meet them.

https://github.com/envoyproxy/envoy/issues/17891
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from envoy.config.route.v3.route_components_pb2 import FilterConfig, Route
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from envoy.extensions.filters.http.lua.v3.lua_pb2 import Lua, LuaPerRoute
from google.protobuf.message import Message

FIRST = "gossamer.filters.http.late_route"
AGAIN = f"{FIRST}.dialled"
"""The sets: behind the first on_demand filter, and behind the second."""

RESTS = (timedelta(milliseconds=20), timedelta(milliseconds=200), timedelta(seconds=1))
"""A host takes 5 to 15 ms as a rule, and longer where the plane is busy."""

_MARK = "x-gossamer-late"
_LOOK = f"""
function envoy_on_request(handle)
  local headers = handle:headers()
  if handle:streamInfo():routeName() == "" then
    headers:replace("{_MARK}", "1")
  elseif headers:get("{_MARK}") then
    headers:remove("{_MARK}")
  end
end
"""


def late_route_filters(which: str) -> Iterator[tuple[str, Callable[[], Message]]]:
    """Names and makers of a set's filters, in their order; the last takes the mark off."""
    for at, rest in enumerate(RESTS):
        yield f"{which}.look.{at}", _looking
        yield f"{which}.rest.{at}", partial(_resting, rest)
    yield f"{which}.look.{len(RESTS)}", _looking


def off_where_routed(config: RouteConfiguration) -> None:
    """Make neither set for requests whose route is known when they arrive."""
    for which in (FIRST, AGAIN):
        _say(config, which, is_chosen=False)


def may_lose_its_route(route: Route) -> None:
    """Make the second set for requests of a route that has another one looked for."""
    _say(route, AGAIN, is_chosen=True)


def _say(place: RouteConfiguration | Route, which: str, *, is_chosen: bool) -> None:
    for name, make in late_route_filters(which):
        config = FilterConfig(disabled=not is_chosen)
        config.config.Pack(_IDLE[type(make())], deterministic=True)
        place.typed_per_filter_config[name].Pack(config, deterministic=True)


def _resting(rest: timedelta) -> HTTPFault:
    fault = HTTPFault()
    fault.delay.fixed_delay.FromTimedelta(rest)
    fault.delay.percentage.numerator = 100
    fault.headers.add(name=_MARK, present_match=True)
    return fault


def _looking() -> Lua:
    lua = Lua()
    lua.default_source_code.inline_string = _LOOK
    return lua


_IDLE = {HTTPFault: HTTPFault(), Lua: LuaPerRoute(disabled=True)}

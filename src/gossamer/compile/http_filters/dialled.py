"""Hosts that nobody declares: the address that was dialled says which service is meant.

The road of such a request: its virtual host (`unknown`) has `chosen` put the dialled address in
the place of the Host, and clear the route; the second on_demand filter fetches the virtual host of
that address, with the service's rules; `restored` gives the request its own Host back. Both are
awake with nothing to do for any other request (decision 22).
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route, VirtualHost
from envoy.extensions.filters.http.lua.v3.lua_pb2 import Lua, LuaPerRoute

from gossamer.compile.http1 import NO_HOST
from gossamer.compile.http_filters.late_route import may_lose_its_route

CHOSEN = "gossamer.filters.http.dialled"
RESTORED = "gossamer.filters.http.host"
HEADER = "x-gossamer-host"
DIALLED = "dialled|"
"""What stands before an address in the place of a Host, which no caller's name begins with."""

_CHOOSE = f"""
function envoy_on_request(handle)
  local headers = handle:headers()
  local host = headers:get(":authority")
  headers:remove("{HEADER}")
  if host ~= "{NO_HOST}" then headers:add("{HEADER}", host) end
  headers:replace(":authority", "{DIALLED}" .. handle:streamInfo():downstreamLocalAddress())
end
"""
_RESTORE = f"""
function envoy_on_request(handle)
  local headers = handle:headers()
  local host = headers:get("{HEADER}")
  local found = headers:get(":authority")
  headers:remove("{HEADER}")
  if found:sub(1, {len(DIALLED)}) == "{DIALLED}" then
    headers:replace(":authority", host or found:sub({len(DIALLED) + 1}))
  end
end
"""
_SCRIPT = "on"


def chosen() -> Lua:
    """Puts the dialled address in the place of the Host where a route asks for it."""
    return _asleep(_CHOOSE)


def always_chosen() -> Lua:
    """The same for every request that comes to the filter."""
    made = Lua()
    made.default_source_code.inline_string = _CHOOSE
    return made


def restored() -> Lua:
    """Gives the request its Host back; the route stays the one that was found."""
    made = _asleep(_RESTORE)
    made.clear_route_cache.value = False
    return made


def by_dialled_address(route: Route) -> None:
    """Look for another virtual host, by the address that was dialled, instead of this route."""
    _wake(route, CHOSEN)
    may_lose_its_route(route)


def with_its_host(host: VirtualHost) -> None:
    """Let requests that came here by the dialled address go on with the Host they had."""
    _wake(host, RESTORED)


def by_its_host(host: VirtualHost) -> None:
    """Let rules about the authority see the Host that was written."""
    for route in host.routes:
        for header in route.match.headers:
            if header.name == ":authority":
                header.name = HEADER


def _asleep(script: str) -> Lua:
    made = Lua()
    made.source_codes[_SCRIPT].inline_string = script
    return made


def _wake(place: VirtualHost | Route, name: str) -> None:
    place.typed_per_filter_config[name].Pack(LuaPerRoute(name=_SCRIPT), deterministic=True)

"""Hosts that no object declares: the address that was dialled decides the service.

The road of such a request: its virtual host (`unknown`) has `chosen` put the dialled address in
the place of the Host, and clear the route; the second on_demand filter fetches the virtual host of
that address, with the service's rules; `restored` gives the request its own Host back. Both are
awake with nothing to do for any other request (decision 22).

Where the Host is known but only the address says which cluster is meant, `chosen` names that in a
header, and the route asks for the cluster of that name: a headless service's, at the address of the
pod that was dialled, and that of an address which an eager proxy has no virtual host for.
"""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route, VirtualHost
from envoy.extensions.filters.http.lua.v3.lua_pb2 import Lua, LuaPerRoute

from gossamer.compile.http.http1 import NO_HOST
from gossamer.compile.http_filters.late_route import may_lose_its_route

CHOSEN = "gossamer.filters.http.dialled"
RESTORED = "gossamer.filters.http.host"
HEADER = "x-gossamer-host"
DIALLED = "dialled|"
"""What stands before an address in the place of a Host, which no caller's name begins with."""

CLUSTER = "x-gossamer-cluster"
AT_ADDRESS = "dialled"
"""The route that calls whoever is at the dialled address."""


_DIALLED = """
local function dialled(handle)
  local text = handle:streamInfo():downstreamLocalAddress()
  return text, text:match("^%[?(.-)%]?:(%d+)$")
end
"""
_CHOOSE = f"""
{_DIALLED}
function envoy_on_request(handle)
  local headers = handle:headers()
  local text, address, port = dialled(handle)
  local host = headers:get(":authority")
  headers:remove("{HEADER}")
  if host ~= "{NO_HOST}" then headers:add("{HEADER}", host) end
  headers:replace(":authority", "{DIALLED}" .. text)
  headers:replace("{CLUSTER}", "outbound|" .. port .. "||" .. address)
end
"""
_PIN = f"""
{_DIALLED}
function envoy_on_request(handle)
  local text, address, port = dialled(handle)
  local host = handle:filterContext():get("host")
  handle:headers():replace("{CLUSTER}", "outbound|" .. port .. "||" .. host .. "|" .. address)
end
"""
_RESTORE = f"""
function envoy_on_request(handle)
  local headers = handle:headers()
  local host = headers:get("{HEADER}")
  local found = headers:get(":authority")
  headers:remove("{HEADER}")
  headers:remove("{CLUSTER}")
  if found:sub(1, {len(DIALLED)}) == "{DIALLED}" then
    headers:replace(":authority", host or found:sub({len(DIALLED) + 1}))
  end
end
"""
_SCRIPT, _PINNED = "on", "pin"


def chosen() -> Lua:
    """Puts the dialled address in the place of the Host where a route asks for it."""
    lua = _asleep(_CHOOSE)
    lua.source_codes[_PINNED].inline_string = _PIN
    return lua


def always_chosen() -> Lua:
    """The same for every request that comes to the filter."""
    lua = Lua()
    lua.default_source_code.inline_string = _CHOOSE
    return lua


def restored() -> Lua:
    """Gives the request its Host back; the route stays the one that was found."""
    lua = _asleep(_RESTORE)
    lua.clear_route_cache.value = False
    return lua


def by_dialled_address(route: Route) -> None:
    """Look for another virtual host, by the address that was dialled, instead of this route."""
    _wake(route, CHOSEN)
    may_lose_its_route(route)


def by_dialled_cluster(passed: Route) -> Route:
    """A route beside one that looks `by_dialled_address`, for hosts that are not fetched: it takes
    the request when the address stands in the place of its Host, and calls whoever is there."""
    route = Route(name=AT_ADDRESS)
    route.match.prefix = "/"
    route.match.headers.add(name=":authority").string_match.prefix = DIALLED
    route.route.CopyFrom(passed.route)
    route.route.cluster_header = CLUSTER
    return route


def at_the_dialled_pod(host: VirtualHost, called: str, cluster: str) -> None:
    """Where routes of a host lead to the host's own cluster, call it at the dialled address."""
    for route in host.routes:
        if route.route.cluster == cluster:
            route.route.cluster_header = CLUSTER
        for share in route.route.weighted_clusters.clusters:
            if share.name == cluster:
                share.name, share.cluster_header = "", CLUSTER
    per_route = LuaPerRoute(name=_PINNED)
    per_route.filter_context["host"] = called
    host.typed_per_filter_config[CHOSEN].Pack(per_route, deterministic=True)
    with_its_host(host)


def called_there(host: VirtualHost) -> str:
    """The headless service of which a virtual host calls the dialled pod; empty where none."""
    if CHOSEN not in host.typed_per_filter_config:
        return ""
    per_route = LuaPerRoute()
    host.typed_per_filter_config[CHOSEN].Unpack(per_route)
    return str(per_route.filter_context["host"])


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
    lua = Lua()
    lua.source_codes[_SCRIPT].inline_string = script
    return lua


def _wake(place: VirtualHost | Route, name: str) -> None:
    place.typed_per_filter_config[name].Pack(LuaPerRoute(name=_SCRIPT), deterministic=True)

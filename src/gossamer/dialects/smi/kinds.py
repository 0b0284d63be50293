"""Which of SMI's kinds are read, and by whom."""

from __future__ import annotations

from gossamer.dialects.reading import KindReader
from gossamer.dialects.smi.identity_binding import read_identity_binding
from gossamer.dialects.smi.traffic_routes import (
    read_http_route_group,
    read_tcp_route,
    read_udp_route,
)
from gossamer.dialects.smi.traffic_split import read_traffic_split
from gossamer.dialects.smi.traffic_target import read_traffic_target

_ACCESS, _SPECS = "access.smi-spec.io", "specs.smi-spec.io"
_TARGET = ("destination", "sources[]", "rules[]", "specs[]")

SMI_KINDS = {
    ("split.smi-spec.io", "TrafficSplit"): KindReader(
        read_traffic_split, ("spec.service", "spec.backends[]")
    ),
    (_ACCESS, "TrafficTarget"): KindReader(
        read_traffic_target, ("spec", *(f"spec.{each}" for each in _TARGET), *_TARGET)
    ),
    (_ACCESS, "IdentityBinding"): KindReader(read_identity_binding, ("spec.schemes",)),
    (_SPECS, "HTTPRouteGroup"): KindReader(read_http_route_group, ("spec.matches[]", "matches[]")),
    (_SPECS, "TCPRoute"): KindReader(read_tcp_route, ("spec.matches",)),
    (_SPECS, "UDPRoute"): KindReader(read_udp_route, ("spec.matches",)),
}

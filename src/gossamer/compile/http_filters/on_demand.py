"""On-demand discovery: a request for an unseen host waits while its resources are fetched."""

from __future__ import annotations

from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.extensions.filters.http.on_demand.v3.on_demand_pb2 import OnDemand

NAME = "envoy.filters.http.on_demand"
AGAIN = f"{NAME}.dialled"
"""The second of its kind, for what is found by the address that was dialled."""

TIMEOUT_SECONDS = 5


def on_demand_filter() -> OnDemand:
    """Hosts by VHDS (the route configuration says so), clusters by ODCDS on the ADS stream."""
    config = OnDemand()
    config.odcds.source.ads.SetInParent()
    config.odcds.source.resource_api_version = ApiVersion.V3
    config.odcds.timeout.seconds = TIMEOUT_SECONDS
    return config

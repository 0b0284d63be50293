"""Fault injection: the filter is always there with nothing to do; a route gives it work."""

from __future__ import annotations

from collections.abc import Mapping

from envoy.config.route.v3.route_components_pb2 import Route
from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault

from gossamer.compile.routes.policies.mirror import fill_percent
from gossamer.compile.routes.policies.step import Holds, PolicyStep
from gossamer.model.policies import Policy
from gossamer.model.policies.fault import Fault

NAME = "envoy.filters.http.fault"


def fault_filter() -> HTTPFault:
    """The filter with nothing to do."""
    return HTTPFault()


def apply_fault(route: Route, fault: Fault) -> None:
    """Delay or abort a share of this route's requests."""
    config = HTTPFault()
    if fault.delay is not None:
        config.delay.fixed_delay.FromTimedelta(fault.delay.fixed)
        fill_percent(config.delay.percentage, fault.delay.percent)
    if fault.abort is not None:
        if fault.abort.grpc_status is not None:
            config.abort.grpc_status = fault.abort.grpc_status
        else:
            config.abort.http_status = fault.abort.status or 503
        fill_percent(config.abort.percentage, fault.abort.percent)
    route.typed_per_filter_config[NAME].Pack(config, deterministic=True)


POLICIES: Mapping[type[Policy], PolicyStep] = {
    Fault: PolicyStep(lambda route, value, _: apply_fault(route, value), Holds.ALWAYS)
}
"""What gives the filter work."""

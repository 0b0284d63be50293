"""Faults that a route injects: what the fault filter does before the router is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from envoy.extensions.filters.http.fault.v3.fault_pb2 import HTTPFault
from envoy.type.v3.percent_pb2 import FractionalPercent

from gossamer.explain.report.shapes import AbortShape, DelayShape, FaultShape
from gossamer.explain.route.filter_effect import FilterEffect, FilterExplainer, LocalReply
from gossamer.explain.route.request import ExplainedRequest

_DENOMINATORS: Mapping[FractionalPercent.DenominatorType.ValueType, int] = {
    FractionalPercent.HUNDRED: 100,
    FractionalPercent.TEN_THOUSAND: 10_000,
    FractionalPercent.MILLION: 1_000_000,
}
_GRPC_OF_HTTP = {400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14}


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """What a route's fault does; percentages from 0 to 100, 0 where it does nothing."""

    delay_percent: float = 0.0
    delay_s: float = 0.0
    abort_percent: float = 0.0
    status: int = 0
    grpc: int | None = None

    def words(self) -> str:
        """What happens, in words."""
        parts = []
        if self.delay_percent:
            parts.append(f"delays {self.delay_percent:g} % of the calls by {self.delay_s:g} s")
        if self.abort_percent:
            parts.append(f"answers {self.abort_percent:g} % of the calls with {self.status}")
        return " and ".join(parts) or "affects no call (0 %)"

    def shape(self) -> FaultShape | None:
        """The parts that strike; None where none does."""
        delay = DelayShape(self.delay_percent, self.delay_s) if self.delay_percent else None
        abort = None
        if self.abort_percent:
            abort = AbortShape(self.abort_percent, self.status, self.grpc)
        return FaultShape(delay, abort) if delay or abort else None


def explain_fault(config: HTTPFault, request: ExplainedRequest) -> FilterEffect:
    """What a route's fault does to each request of it: it ends those that it always aborts."""
    effect = _effect(config)
    always = effect.abort_percent >= 100
    answer = LocalReply(effect.status, effect.grpc) if always else None
    return FilterEffect("fault", f"the proxy {effect.words()}", {"fault": effect.shape()}, answer)


EXPLAINER = FilterExplainer(HTTPFault, explain_fault)


def _effect(config: HTTPFault) -> FaultEffect:
    delay, abort = config.delay, config.abort
    by_grpc = abort.WhichOneof("error_type") == "grpc_status"
    return FaultEffect(
        percent(delay.percentage) if config.HasField("delay") else 0.0,
        delay.fixed_delay.ToTimedelta().total_seconds(),
        percent(abort.percentage) if config.HasField("abort") else 0.0,
        # Whoever doesn't speak gRPC gets a 200 with nothing but a few words in it.
        200 if by_grpc else abort.http_status,
        abort.grpc_status if by_grpc else None,
    )


def percent(fraction: FractionalPercent) -> float:
    """A FractionalPercent as a number from 0 to 100."""
    share: float = 100.0 * fraction.numerator / _DENOMINATORS[fraction.denominator]
    return min(round(share, 6), 100.0)


def told(status: int, grpc: int | None, to_grpc: bool) -> tuple[int, int | None]:
    """A proxy's own answer as the caller sees it: gRPC callers get 200 and a gRPC status."""
    if not to_grpc:
        return status, None
    return 200, _GRPC_OF_HTTP.get(status, 2) if grpc is None else grpc

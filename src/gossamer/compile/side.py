"""The side of a proxy that a filter stands on, and for whom: what it may depend on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gossamer.compile.engine.views import GatewayView, InboundView, OutboundView
from gossamer.contract.extension_names import ReporterSide


class Direction(StrEnum):
    """Leaving a workload, arriving at it, or coming in from outside the mesh."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Side:
    """One filter chain's place: its direction, the view it is compiled for, the port it takes.

    `port` is None for a chain that takes all other ports; `mesh_tls` says whether the mesh's TLS
    is ended there, so that the caller has an identity.
    """

    direction: Direction
    view: InboundView | OutboundView | GatewayView
    port: int | None = None
    mesh_tls: bool = False

    @property
    def workload(self) -> InboundView | GatewayView | None:
        """Whose proxy it is: namespace, labels, account. None on the outbound side, whose
        resources are shared by all workloads that see the same services (decision 31)."""
        return None if isinstance(self.view, OutboundView) else self.view


def reporter_of(side: Side) -> ReporterSide:
    """Which end of an edge a side counts as."""
    return ReporterSide.SERVER if side.direction is Direction.INBOUND else ReporterSide.CLIENT

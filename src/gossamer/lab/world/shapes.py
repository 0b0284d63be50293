"""What the holder asks of the anchor, and what the anchor answers."""

from __future__ import annotations

from dataclasses import fields
from ipaddress import ip_network
from typing import Any

import msgspec
from msgspec import Struct

from gossamer.capture.plan import CapturePlan
from gossamer.lab.world.composition import MountPlan
from gossamer.lab.world.vips import Vip
from gossamer.process.shape import as_words


class CaptureShape(Struct, frozen=True):
    """A CapturePlan with its networks as text."""

    include_outbound_ranges: list[str]
    exclude_outbound_ranges: list[str]
    include_outbound_ports: list[int]
    exclude_outbound_ports: list[int]
    include_inbound_ports: list[int] | None
    exclude_inbound_ports: list[int]


class AddPod(Struct, frozen=True, tag_field="op", tag="add_pod"):
    """A network namespace for a pod, wired to the bridge."""

    key: str
    addresses: list[str]


class SetCapture(Struct, frozen=True, tag_field="op", tag="set_capture"):
    """Put capture in force in a pod; without a plan there is none."""

    key: str
    plan: CaptureShape | None


class RemovePod(Struct, frozen=True, tag_field="op", tag="remove_pod"):
    """Let go of a pod's namespaces."""

    key: str


class SetVips(Struct, frozen=True, tag_field="op", tag="set_vips"):
    """Translate exactly these Service addresses."""

    vips: list[Vip]


class SetEgress(Struct, frozen=True, tag_field="op", tag="set_egress"):
    """Lead TCP to addresses outside the mesh to this port; without one nowhere."""

    port: int | None


class EndConnections(Struct, frozen=True, tag_field="op", tag="end_connections"):
    """End the TCP connections of every pod to or from these addresses."""

    addresses: list[str]


class OpenSocket(Struct, frozen=True, tag_field="op", tag="open_socket"):
    """A TCP socket of a pod's that capture lets pass."""

    key: str
    address: str
    port: int


class MakeMounts(Struct, frozen=True, tag_field="op", tag="make_mounts"):
    """A first process for a pod, in namespaces of its own; `keep` are folders it must see."""

    key: str
    plan: MountPlan
    folder: str
    keep: list[str]


AnchorRequest = (
    AddPod | SetCapture | RemovePod | SetVips | SetEgress | EndConnections | OpenSocket | MakeMounts
)
_DECODER: msgspec.json.Decoder[AnchorRequest] = msgspec.json.Decoder(AnchorRequest)


class WorldMade(Struct, frozen=True):
    """The world is there; `without_ipv6` says why it has no IPv6."""

    pid: int
    without_ipv6: str | None


class VipsSet(Struct, frozen=True):
    """Whether that changed anything."""

    changed: bool


class ConnectionsEnded(Struct, frozen=True):
    """How many there were."""

    count: int


class MountsMade(Struct, frozen=True):
    """The pod's namespaces as paths, and what could not be as it should."""

    namespaces: dict[str, str]
    notes: list[str]


def read_request(line: bytes) -> AnchorRequest:
    """The request in a line; ValueError where there is none."""
    return _DECODER.decode(line)


def name_of(request: AnchorRequest) -> str:
    """Which operation it asks for, and of which pod."""
    words: dict[str, Any] = dict(as_words(request))
    return f"{words['op']} {words.get('key', '')}"


def capture_shape(plan: CapturePlan) -> CaptureShape:
    """The plan as JSON has it."""
    values = ((each.name, getattr(plan, each.name)) for each in fields(CapturePlan))
    return CaptureShape(**{name: _listed(value) for name, value in values})


def _listed(value: tuple[Any, ...] | None) -> Any:
    return None if value is None else [v if isinstance(v, int) else str(v) for v in value]


def capture_plan(shape: CaptureShape) -> CapturePlan:
    """The plan that was meant. ValueError where a range is not one."""
    return CapturePlan(
        include_outbound_ranges=tuple(map(ip_network, shape.include_outbound_ranges)),
        exclude_outbound_ranges=tuple(map(ip_network, shape.exclude_outbound_ranges)),
        include_outbound_ports=tuple(shape.include_outbound_ports),
        exclude_outbound_ports=tuple(shape.exclude_outbound_ports),
        include_inbound_ports=None
        if shape.include_inbound_ports is None
        else tuple(shape.include_inbound_ports),
        exclude_inbound_ports=tuple(shape.exclude_inbound_ports),
    )

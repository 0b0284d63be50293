"""What holder and anchor say to each other survives the line between them."""

from __future__ import annotations

import msgspec
import pytest

from gossamer.capture.plan import CapturePlan, read_plan
from gossamer.lab.world.shapes import (
    AnchorRequest,
    OpenSocket,
    SetCapture,
    SetVips,
    capture_plan,
    capture_shape,
    name_of,
    read_request,
)
from gossamer.lab.world.vips import Vip

PREFIX = "traffic.sidecar.istio.io/"
ANNOTATIONS = {
    f"{PREFIX}excludeOutboundIPRanges": "fd01::/64,10.0.0.0/8",
    f"{PREFIX}includeInboundPorts": "80",
    f"{PREFIX}excludeOutboundPorts": "25,465",
}


@pytest.mark.parametrize("plan", [CapturePlan(), read_plan(ANNOTATIONS)[0]])
def test_a_capture_plan_survives(plan: CapturePlan) -> None:
    """What one process says another reads."""
    request = SetCapture("shop/a", capture_shape(plan))
    read = read_request(msgspec.json.encode(request))
    assert isinstance(read, SetCapture)
    assert read.plan is not None
    assert capture_plan(read.plan) == plan


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (OpenSocket("shop/a", "10.244.0.2", 80), "open_socket shop/a"),
        (SetVips([Vip("10.96.0.7", "TCP", 80, (("10.244.0.2", 8080),))]), "set_vips "),
    ],
)
def test_a_request_survives_and_is_named_in_errors(request_: AnchorRequest, name: str) -> None:
    """By its operation and its pod."""
    assert read_request(msgspec.json.encode(request_)) == request_
    assert name_of(request_) == name


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{}", "missing required field `op`"),
        (b'{"op": "dance"}', "`$.op`"),
        (b'{"op": "open_socket", "key": "a", "address": "b", "port": "80"}', "`$.port`"),
        (b'{"op": "set_egress"}', "missing required field `port`"),
    ],
)
def test_a_request_of_another_shape_is_told(line: bytes, words: str) -> None:
    """The field and the type expected, as at every other socket."""
    with pytest.raises(ValueError) as told:  # noqa: PT011
        read_request(line)
    assert words in str(told.value)

"""Frames are protobuf, byte for byte, without protobuf's objects."""

from __future__ import annotations

import pytest
from envoy.service.discovery.v3 import discovery_pb2

from gossamer.contract.type_urls import CLUSTER, ENDPOINT, VIRTUAL_HOST
from gossamer.xds import wire
from gossamer.xds.frame import (
    ABSENT,
    DiscoveryRequest,
    Node,
    body_of,
    encode_request,
    frame_absent,
    frame_resource,
    join_response,
    parse_frame,
    parse_request,
    parse_response,
)
from gossamer.xds.kinds import empty_assignment


def test_joined_frames_are_what_protobuf_would_have_written() -> None:
    """A response of ready frames equals the generated class's serialization of the same."""
    body = b"\x0a\x80\x01" + b"x" * 128
    one = frame_resource(VIRTUAL_HOST, "80/a", "v1", body, ("80/a", "80/ä"))
    two = frame_absent("80/b")
    message = discovery_pb2.DeltaDiscoveryResponse()
    first = message.resources.add(name="80/a", version="v1", aliases=["80/a", "80/ä"])
    first.resource.type_url, first.resource.value = VIRTUAL_HOST, body
    message.resources.add(name="80/b", version=ABSENT, aliases=["80/b"])
    message.type_url, message.nonce = VIRTUAL_HOST, "7"
    message.removed_resources.extend(["80/c", "80/d"])

    joined = join_response(VIRTUAL_HOST, "7", [one, two], ["80/c", "80/d"])

    assert discovery_pb2.DeltaDiscoveryResponse.FromString(joined) == message
    assert len(joined) == message.ByteSize()


def test_a_response_is_sliced_into_the_frames_it_was_joined_from() -> None:
    """What the relay slices out is byte-identical to what the plane put in."""
    resources = [frame_resource(CLUSTER, f"c{i}", f"v{i}", bytes(i * 50), ("x",)) for i in range(4)]
    response = parse_response(join_response(CLUSTER, "n", resources, ["gone"]))
    assert list(response.resources) == resources
    assert (response.type_url, response.nonce, response.removed) == (CLUSTER, "n", ("gone",))


def test_a_stored_frame_is_read_back_whole() -> None:
    """A frame on disk tells its own name, version and aliases."""
    frame = frame_resource(VIRTUAL_HOST, "80/a", "v", b"body", ("80/a",))
    assert parse_frame(frame.frame) == frame
    assert body_of(frame) == b"body"
    assert body_of(frame_absent("80/a")) is None


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_cut_frame_is_refused(cut: int) -> None:
    """No prefix of a frame passes for a frame."""
    frame = frame_resource(CLUSTER, "cluster", "v", b"body").frame
    with pytest.raises(wire.MalformedFrame):
        parse_frame(frame[:-cut] if cut < len(frame) else b"")


def test_requests_go_both_ways() -> None:
    """What a client encodes is what a server reads, NACK and node included."""
    request = DiscoveryRequest(
        CLUSTER, ("a",), ("b",), {"c": "v"}, "3", "bad", Node("pod.ns", "web", b"")
    )
    read = parse_request(encode_request(request))
    assert read.node is not None
    assert (read.node.id, read.node.cluster) == ("pod.ns", "web")
    assert (read.subscribe, read.unsubscribe, dict(read.initial)) == (("a",), ("b",), {"c": "v"})
    assert (read.nonce, read.error) == ("3", "bad")


def test_an_ack_carries_no_error() -> None:
    """An ACK and a NACK with an empty message are told apart."""
    assert parse_request(encode_request(DiscoveryRequest(CLUSTER, nonce="1"))).error is None
    assert parse_request(encode_request(DiscoveryRequest(CLUSTER, nonce="1", error=""))).error == ""


def test_the_empty_assignment_is_an_assignment() -> None:
    """Envoy can read the answer for a cluster nobody knows endpoints of."""
    from envoy.config.endpoint.v3 import endpoint_pb2

    body = body_of(empty_assignment("c"))
    assert body is not None
    assert endpoint_pb2.ClusterLoadAssignment.FromString(body).cluster_name == "c"
    assert ENDPOINT.endswith("ClusterLoadAssignment")

"""Agent and plane mean the same proxy, host and method."""

from __future__ import annotations

import re

import pytest

from gossamer.contract import rpc, stream_metadata
from gossamer.contract.node_id import node_cluster, node_id, parse_node_id


@pytest.mark.parametrize("pod", ["shop/web-1", "shop/web.v1-0", "a/b"])
def test_a_node_id_reads_as_it_prints(pod: str) -> None:
    """A pod's name may have dots in it."""
    assert parse_node_id(node_id(pod)) == pod


@pytest.mark.parametrize("text", ["", "web", ".shop", "web.", ".", "shop/web", "a/b.shop"])
def test_other_texts_name_no_pod(text: str) -> None:
    """Who opens a stream chooses the id: one that does not name a pod stands for none."""
    assert parse_node_id(text) is None


def test_a_node_cluster_is_written_as_a_node_id_is() -> None:
    """Envoy shows both side by side."""
    assert node_cluster("shop/web") == "web.shop"


def test_metadata_keys_are_what_grpc_carries() -> None:
    """gRPC takes lower-case keys alone, and `-bin` would make them binary; no two are the same."""
    keys = [value for name, value in vars(stream_metadata).items() if name.endswith("_KEY")]
    assert stream_metadata.PROXY_KEY in keys
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"gossamer-[a-z]+", key) for key in keys)


def test_methods_are_full_names() -> None:
    """`/PACKAGE.SERVICE/METHOD`, as gRPC has them on the wire."""
    for method in (rpc.SIGN, rpc.REPORT):
        empty, service, name = method.split("/")
        assert (empty, service.count("."), name.isidentifier()) == ("", 2, True)

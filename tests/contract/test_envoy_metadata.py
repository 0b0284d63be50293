"""What is noted on clusters and endpoints is found again by Envoy's logs."""

from __future__ import annotations

import re

import pytest

from gossamer.contract.envoy_metadata import HOST, OURS, TLS_MODE, WORKLOAD, of_cluster, of_endpoint


@pytest.mark.parametrize("key", [HOST, WORKLOAD])
def test_a_format_names_the_filter_and_the_key(key: str) -> None:
    """Envoy's own syntax: a command, and `FILTER:KEY` in parentheses."""
    for text, command in ((of_cluster(key), "CLUSTER"), (of_endpoint(key), "UPSTREAM")):
        found = re.fullmatch(r"%(\w+)_METADATA\(([^:]+):([^)]+)\)%", text)
        assert found is not None
        assert found.groups() == (command, OURS, key)


def test_mesh_tls_is_told_in_istios_words() -> None:
    """Istio's proxies and ours choose a transport socket by the same pair."""
    assert TLS_MODE == ("tlsMode", "istio")

"""Upgraded calls and calls in their callers' version that meet at the same pods are told."""

from __future__ import annotations

import pytest

from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import SERVICE, istio

UPGRADE = "connectionPool: {http: {h2UpgradePolicy: UPGRADE}}"
KEEP = "connectionPool: {http: {useClientProtocol: true}}"


def rule(host: str, subset: str) -> str:
    return istio(
        "DestinationRule",
        f"{{host: reviews, trafficPolicy: {{{host}}}, "
        f"subsets: [{{name: v1, labels: {{version: v1}}, trafficPolicy: {{{subset}}}}}]}}",
    )


@pytest.mark.parametrize(("host", "subset"), [(UPGRADE, KEEP), (KEEP, UPGRADE)])
def test_a_subset_that_contradicts_its_host_is_told(host: str, subset: str) -> None:
    """At the subset, whichever of the two says which."""
    told = [
        each
        for each in analyzed(SERVICE + rule(host, subset))
        if "useClientProtocol" in each.message
    ]
    assert [(each.code, each.origin.field) for each in told] == [("no-effect", "spec.subsets[0]")]


@pytest.mark.parametrize("policy", [UPGRADE, KEEP])
def test_one_word_for_host_and_subset_is_fine(policy: str) -> None:
    """Nothing is mixed then; nor on a port that is called in HTTP/2 anyway."""
    http2 = SERVICE.replace("name: http,", "name: http2,")
    for text in (SERVICE + rule(policy, policy), http2 + rule(UPGRADE, KEEP)):
        assert not [each for each in analyzed(text) if "useClientProtocol" in each.message]

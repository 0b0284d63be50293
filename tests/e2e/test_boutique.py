"""Online Boutique's manifests, unmodified: a dozen services that speak gRPC."""

from __future__ import annotations

import urllib.request

import pytest

from tests.e2e.lab_under_test import CORPUS, Lab, needs_corpus, until

pytestmark = [pytest.mark.e2e, needs_corpus]


@pytest.fixture(scope="module")
def boutique(lab: Lab) -> Lab:
    """All of it, with its Istio gateway."""
    shape = lab.up(CORPUS / "online-boutique")
    assert all(pod["ready"] for pod in shape["pods"])
    return lab


def test_the_shop_is_served(boutique: Lab) -> None:
    """The frontend answers at the gateway's URL, having asked its services over gRPC."""
    (gateway,) = boutique.json("status")["gateways"]
    with urllib.request.urlopen(gateway["url"], timeout=10) as page:
        assert page.status == 200


def test_grpc_between_services_is_mutual_tls(boutique: Lab) -> None:
    """The frontend's gRPC calls succeed, are seen as gRPC, and are encrypted both ways."""

    def seen() -> list[dict[str, object]]:
        edges = boutique.json("traffic", "default/frontend")
        return [edge for edge in edges if edge["destination"]]

    until(lambda: len(seen()) >= 5)
    assert {edge["protocol"] for edge in seen()} == {"grpc"}
    assert all(edge["mtls"] for edge in seen())

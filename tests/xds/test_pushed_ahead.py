"""What was pushed before a client asked for it: kept by it, or dropped, as its kind says."""

from __future__ import annotations

import pytest

from gossamer.contract.type_urls import ENDPOINT, EXTENSION, SECRET, VIRTUAL_HOST
from gossamer.xds.frame import frame_resource
from gossamer.xds.kinds import kind_of
from gossamer.xds.stream.holding import Holding, ResourceVerdict


@pytest.mark.parametrize(
    ("type_url", "again"),
    [(SECRET, True), (EXTENSION, True), (ENDPOINT, False), (VIRTUAL_HOST, False)],
)
def test_a_secret_that_envoy_was_not_waiting_for_is_sent_when_it_asks(
    type_url: str, again: bool
) -> None:
    """Envoy drops a secret, or a filter's configuration, that it never asked for; unanswered
    later, clusters wait 15 s and listeners for ever."""
    holding = Holding(kind_of(type_url))
    resource = frame_resource(type_url, "pins|a", "1", b"x", (), ())
    holding.sent("pins|a", resource)
    holding.ask("pins|a", False)
    assert (holding.decide("pins|a", resource) is resource) is again
    assert again or holding.decide("pins|a", resource) is ResourceVerdict.NOTHING


def test_a_secret_listed_on_reconnect_is_not_sent_again() -> None:
    """A client that says which version it holds, with its first request, keeps it."""
    holding = Holding(kind_of(SECRET))
    resource = frame_resource(SECRET, "pins|a", "1", b"x", (), ())
    holding.adopt("pins|a", "1")
    holding.ask("pins|a", True)
    assert holding.decide("pins|a", resource) is ResourceVerdict.NOTHING

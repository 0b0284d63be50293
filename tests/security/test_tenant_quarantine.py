"""What one tenant makes Envoy refuse costs no other tenant's object, on a gateway they share."""

from __future__ import annotations

import pytest

from gossamer.store.document import Document, DocumentKey
from tests.plane.test_quarantine import MARKER, Envoy

GROUP = "networking.istio.io/VirtualService"


def route(tenant: str, name: str, words: str) -> Document:
    """A tenant's route at the shared gateway."""
    text = f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {tenant}}}
spec:
  hosts: [{name}.example.com]
  gateways: [default/front]
  http: [{{directResponse: {{status: 200, body: {{string: "{words}"}}}}}}]
"""
    return Document(DocumentKey(GROUP, tenant, name), text.encode(), f"{tenant}-{name}.yaml")


@pytest.mark.parametrize("at_once", [True, False])
def test_the_others_objects_stay_live(at_once: bool) -> None:
    """Applied together or one after the other, older and newer than the poison: theirs are
    served, and only the culprit is told of."""
    envoy = Envoy()
    written = [
        route("team-b", "older", "fine"),
        route("team-a", "bad", MARKER),
        route("team-b", "newer", "fine"),
    ]
    for batch in [written] if at_once else [[each] for each in written]:
        envoy.apply(*batch)
    assert envoy.serves("older", "newer")
    assert not envoy.serves("bad")
    assert set(envoy.told()) == {"VirtualService team-a/bad"}


def test_a_change_of_theirs_is_not_held_up_by_poison_that_stays() -> None:
    """Again and again, while the culprit is written anew each time."""
    envoy = Envoy()
    envoy.apply(route("team-b", "shop", "fine"))
    for turn in range(3):
        envoy.apply(
            route("team-a", "bad", f"{MARKER} {turn}"), route("team-b", "shop", f"turn {turn}")
        )
        assert f"turn {turn}".encode() in envoy.running
    assert set(envoy.told()) == {"VirtualService team-a/bad"}


def test_many_poisoned_objects_take_nobody_along() -> None:
    """A tenant with a hundred of them among another's hundred."""
    envoy = Envoy()
    envoy.apply(
        *(route("team-a", f"bad{n}", MARKER) for n in range(100)),
        *(route("team-b", f"good{n}", "fine") for n in range(100)),
    )
    assert envoy.serves(*(f"good{n}" for n in range(100)))
    assert {each.split()[1].partition("/")[0] for each in envoy.told()} == {"team-a"}

"""A proxy asks for hosts that no object declares up to a bound; past it, it need not ask any
more."""

from __future__ import annotations

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.plane.streams import undeclared
from gossamer.xds.events import EVERYTHING
from gossamer.xds.stream.batch import BATCH_AT_LEAST
from tests.plane.piped_mesh import Mesh, Told

AT_MOST = 5
WILDCARD = """
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: shops, namespace: default}
spec:
  hosts: ["*.shop.example"]
  ports: [{number: 80, name: http, protocol: HTTP}]
"""


@pytest.fixture
def mesh(monkeypatch: pytest.MonkeyPatch) -> Mesh:
    monkeypatch.setattr(undeclared, "UNDECLARED_AT_MOST", AT_MOST)
    monkeypatch.setattr(undeclared, "LAST_AT_MOST", 2 * AT_MOST)
    return Mesh()


def ask(mesh: Mesh, *hosts: str) -> int:
    """How many of these hosts the proxy gets."""
    answers = (mesh.subscription.get(ResourceType.VIRTUAL_HOST, f"80/{host}") for host in hosts)
    return sum(answer is not None for answer in answers)


def invented(count: int) -> list[str]:
    return [f"made-up-{number}.example" for number in range(count)]


def test_past_the_bound_a_proxy_gets_all_declared_hosts(mesh: Mesh) -> None:
    """It is told of another listener, and of the hosts that it now gets without asking."""
    mesh.subscription.held(ResourceType.VIRTUAL_HOST)
    mesh.subscription.get(ResourceType.LISTENER, "outbound")
    assert ask(mesh, *invented(AT_MOST)) == AT_MOST
    assert not mesh.subscription.bound()
    assert ask(mesh, "one-more.example") == 1
    assert mesh.subscription.bound()
    taken = mesh.told.taken()
    assert {(ResourceType.LISTENER, "outbound"), (ResourceType.VIRTUAL_HOST, EVERYTHING)} <= taken
    held = set(mesh.subscription.held(ResourceType.VIRTUAL_HOST))
    assert {"eager|80/*", "eager|80/reviews.default.svc.cluster.local"} <= held
    assert not mesh.subscription.bound()


def test_what_connections_from_before_ask_for_is_bounded_too(mesh: Mesh) -> None:
    """Until they end they may go on; what they make up beyond is refused, counted and not kept."""
    ask(mesh, *invented(AT_MOST + 1))
    mesh.subscription.bound()
    before = mesh.pipeline.catalog.size()
    assert ask(mesh, *invented(50)) == 2 * AT_MOST
    assert ask(mesh, "reviews") == 1
    assert (len(mesh.subscription.undeclared), mesh.subscription.undeclared.refused) == (
        2 * AT_MOST,
        40,
    )
    mesh.subscription.close()
    assert mesh.pipeline.catalog.size() <= before + 50


@pytest.mark.parametrize(
    "host",
    [
        "reviews",
        "reviews.default.svc.cluster.local",
        "reviews:80",
        "10.244.0.2",
        "dialled|10.244.0.2:80",
    ],
)
def test_declared_hosts_are_not_counted(mesh: Mesh, host: str) -> None:
    """However they are written; there are as many as the mesh has."""
    assert ask(mesh, host) == 1
    assert len(mesh.subscription.undeclared) == 0


@pytest.mark.parametrize("host", ["a.shop.example", "reviews:81", "dialled|192.0.2.1:80", "nobody"])
def test_names_without_end_are_counted(mesh: Mesh, host: str) -> None:
    """Below a wildcard, with any port or by any address a caller makes up as many as it likes."""
    mesh.apply(WILDCARD)
    assert ask(mesh, host) == 1
    assert len(mesh.subscription.undeclared) == 1


def test_a_host_that_comes_to_be_declared_counts_no_more(mesh: Mesh) -> None:
    """The proxy is told of it, looks again, and has one undeclared host less."""
    ask(mesh, "late.shop.example")
    assert len(mesh.subscription.undeclared) == 1
    mesh.apply(WILDCARD.replace("*.shop", "late.shop"))
    assert (ResourceType.VIRTUAL_HOST, "80/late.shop.example") in mesh.told.taken()
    ask(mesh, "late.shop.example")
    assert len(mesh.subscription.undeclared) == 0


def test_names_asked_for_at_once_are_counted_one_by_one(mesh: Mesh) -> None:
    """As an agent asks that remembers what a workload used: what is declared goes joined."""
    made_up = [f"80/{host}" for host in invented(BATCH_AT_LEAST)]
    together = mesh.subscription.batch(ResourceType.VIRTUAL_HOST, ("80/reviews", *made_up))
    assert together is not None
    assert together[0].names == {"80/reviews"}
    assert set(together[1]) == set(made_up)


def test_other_proxies_go_on_discovering(mesh: Mesh) -> None:
    """The bound of one is no matter of another's, whatever they share."""
    other = mesh.pipeline.stand("default/r-1", Told())
    ask(mesh, *invented(AT_MOST + 1))
    assert mesh.subscription.bound()
    assert not other.bound()
    assert "80/_placeholder" in other.held(ResourceType.VIRTUAL_HOST)


def test_a_proxy_that_comes_back_past_its_bound_stays_there(mesh: Mesh) -> None:
    """Its agent says so: of what it asked for before, Envoy would ask for nothing again."""
    back = mesh.pipeline.stand("default/client", Told(), eager=True)
    assert "eager|80/*" in back.held(ResourceType.VIRTUAL_HOST)
    assert not back.bound()

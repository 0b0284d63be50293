"""Under STRICT no plaintext of a pod without a proxy reaches an application, by no port at all:
none passes capture but where the proxy itself listens, and nobody else can listen there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.security.walled_lab import HERE, WalledLab, walled

__all__ = ["walled"]

pytestmark = pytest.mark.e2e

OF_THE_PROXY = (15001, 15006, 15021)
OF_OTHER_MESHES = (15000, 15004, 15008, 15020, 15053, 15090, 15101)
PLAIN = (9000,)


@pytest.fixture
def had(walled: WalledLab) -> Iterator[list[int]]:
    """The ports that the bank's application could have, while it answers on them."""
    source = HERE.joinpath("listen_past.py").read_text()
    ports = json.dumps([*OF_THE_PROXY, *OF_OTHER_MESHES, *PLAIN])
    python = (walled.command()[0], "-I", "-S", "-c", source, ports)
    listener = walled.start("exec", "--name", walled.name, "deploy/bank", "--", *python)
    assert listener.stdout is not None
    try:
        yield json.loads(listener.stdout.readline())
    finally:
        listener.terminate()
        listener.communicate()


def test_nobody_listens_beside_the_proxy(had: list[int]) -> None:
    """The proxy's ports are its own, though the application has its uid and shares willingly."""
    assert had == sorted([*OF_OTHER_MESHES, *PLAIN])


def test_no_port_lets_plaintext_in(walled: WalledLab, had: list[int]) -> None:
    """A pod without a proxy dials every port at every address of the bank's pod: the application
    hears of none, whatever other meshes use the port for."""
    pods = walled.json("get", "pods")
    bank = next(pod for pod in pods if pod["name"].startswith("bank"))
    ports = [*OF_THE_PROXY, *had]
    heard = walled.tried("outsider", "dial_each.py", bank["ips"], ports)
    assert len(heard) == len(ports) * len(bank["ips"])
    assert [where for where, said in heard.items() if "past the proxy" in said] == []
    assert {said for where, said in heard.items() if "15021" not in where} == {""}


def test_the_proxys_own_ports_lead_nowhere(walled: WalledLab) -> None:
    """Dialled by a pod of the mesh, or from beside them: nobody's proxy works for somebody else."""
    pods = walled.json("get", "pods")
    bank = next(pod for pod in pods if pod["name"].startswith("bank"))
    where = [*bank["ips"], "127.0.0.1", "::1"]
    heard = walled.tried("deploy/attacker", "dial_each.py", where, [15001, 15006])
    assert set(heard.values()) == {""}

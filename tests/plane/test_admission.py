"""Admission: which pod a stream speaks for, and whose stream is refused."""

from __future__ import annotations

import pytest

from gossamer.contract.stream_metadata import PROXY_KEY
from gossamer.identity.plan import SpiffeId
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.streams.admission import admit_proxy
from gossamer.xds.frame import Node
from gossamer.xds.stream.session import Peer, StreamRefused

AGENT = Peer("the agent's socket", str(SpiffeId.of_agent("here")))
WORKLOAD = Peer("10.244.0.7", str(SpiffeId.of_account("shop", "web")))
NAMES = ("web", "web.v1", "web.v1.0")


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    """A mesh of three pods of one namespace, two of which have dots in their names."""
    pods = (
        Pod(
            "shop",
            name,
            "web",
            (f"10.244.0.{at}",),
            service_account="web",
            role=ProxyRole.SIDECAR,
            host="here",
        )
        for at, name in enumerate(NAMES, 7)
    )
    made, _ = assemble(Mesh(), {}, observed_pods(pods))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_an_agent_opens_the_stream_of_a_pod_on_its_host(mesh: Mesh, name: str) -> None:
    """Only the last dot of a node id parts pod and namespace, for a pod's name may have dots."""
    metadata = {PROXY_KEY: f"shop/{name}"}
    assert admit_proxy(mesh, AGENT, Node(f"{name}.shop"), metadata) == f"shop/{name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_workload_opens_its_own_stream(mesh: Mesh, name: str) -> None:
    """A client without an agent is named by its node id alone."""
    assert admit_proxy(mesh, WORKLOAD, Node(f"{name}.shop"), {}) == f"shop/{name}"


@pytest.mark.parametrize("node", ["web.shop", "v1.web.shop", "web.v1.other", "shop"])
def test_a_node_id_of_another_pod_is_refused(mesh: Mesh, node: str) -> None:
    """A proxy cannot ask in another's name through its own agent, and is told what was wrong."""
    with pytest.raises(StreamRefused, match=rf"Pod shop/web\.v1 but its node\.id is '{node}'"):
        admit_proxy(mesh, AGENT, Node(node), {PROXY_KEY: "shop/web.v1"})


@pytest.mark.parametrize("account", ["other", "default"])
def test_another_account_does_not_speak_for_a_pod(mesh: Mesh, account: str) -> None:
    """The certificate decides, whatever the node id says."""
    stranger = Peer("10.244.0.99", str(SpiffeId.of_account("shop", account)))
    with pytest.raises(StreamRefused, match=r"asked for Pod shop/web\.v1"):
        admit_proxy(mesh, stranger, Node("web.v1.shop"), {})

"""A mesh of files alone has the pods as a lab would have them, with what they ask of the mesh."""

from __future__ import annotations

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.model.workload.pod import Discovery, Pod
from gossamer.store.paths import File

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, annotations: {%s}}
spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 8080}]}]}
"""


def pod(annotations: str) -> Pod:
    """The one pod of a file, with these annotations."""
    _, pods = offline_mesh(read_all([File("web.yaml", (POD % annotations).encode())]))
    return pods["shop/web"]


@pytest.mark.parametrize(
    ("annotations", "meant"),
    [
        ("gossamer.dev/discovery: eager", Discovery.EAGER),
        ("gossamer.dev/discovery: on-demand", Discovery.ON_DEMAND),
        ("gossamer.dev/discovery: soon", Discovery.ON_DEMAND),
        ("", Discovery.ON_DEMAND),
    ],
)
def test_an_eager_pod_is_eager(annotations: str, meant: Discovery) -> None:
    """`compile` and `explain` show what its proxy would hold, not what another's would."""
    assert pod(annotations).discovery is meant


def test_ports_that_the_proxy_does_not_take() -> None:
    """Nobody is told to speak mutual TLS to a port that goes past the proxy."""
    found = pod('traffic.sidecar.istio.io/excludeInboundPorts: "8080"')
    assert not found.captures(8080)
    assert found.captures(8081)
    chosen = pod('traffic.sidecar.istio.io/includeInboundPorts: "8081"')
    assert [port for port in (8080, 8081) if chosen.captures(port)] == [8081]

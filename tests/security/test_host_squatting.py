"""Nobody takes the host of a Service by an entry that was there before it.

A ServiceEntry may name any host. Where an older one could win, whoever waits with an entry for
`pay.shop.svc.cluster.local` would get the calls of all namespaces on the day the Service comes.
"""

from __future__ import annotations

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.model.assembly.visible import service_for
from gossamer.store.paths import File

HOST = "pay.shop.svc.cluster.local"
AGED = "2020-01-01T00:00:00Z"


def squatter(namespace: str) -> str:
    """An old ServiceEntry for the host, with an endpoint of its own."""
    return (
        "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
        f'metadata: {{name: a, namespace: {namespace}, creationTimestamp: "{AGED}"}}\n'
        f"spec: {{hosts: [{HOST}], location: MESH_INTERNAL, resolution: STATIC, ports: "
        "[{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 10.9.9.9}]}\n---\n"
    )


SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: pay, namespace: shop}\n"
    "spec: {selector: {app: pay}, ports: [{name: http, port: 80}]}\n"
)


@pytest.mark.parametrize("namespace", ["evil", "shop"])
@pytest.mark.parametrize("client", ["shop", "elsewhere"])
def test_the_service_counts_for_everybody_else(namespace: str, client: str) -> None:
    """Whatever the ages; in their own namespace alone an entry is what its authors asked for."""
    read = read_all([File("all.yaml", (squatter(namespace) + SERVICE).encode())])
    mesh, _ = offline_mesh(read.as_if_fixed)
    found = service_for(mesh, HOST, client)
    assert found is not None
    assert found.object.kind == "Service"

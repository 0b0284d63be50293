"""What the compiler makes of a case's policies, for the workload that they are about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)

from gossamer.cli.reading import read_all
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.contract.extension_names import Layer
from gossamer.contract.listener_names import INBOUND
from gossamer.model.assembly.assemble import assemble
from gossamer.model.finding import Severity
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.policies.workload.authorization import Authorization
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole
from gossamer.store.paths import File
from tests.authorization_semantics.drawn_cases import ACCOUNTS, WORKLOAD, Document

HttpConnectionManager = http_connection_manager_pb2.HttpConnectionManager
_CHAINS = {Layer.HTTP: "8080|mtls", Layer.TCP: "9090|mtls"}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {
        "selector": {"app": "cart"},
        "ports": [{"name": "http", "port": 8080}, {"name": "tcp", "port": 9090}],
    },
}


def mesh_of(policies: Sequence[Document], *, others: bool = False) -> tuple[Mesh, Pod]:
    """A mesh with these policies, and the one pod that some of them are about; with `others` it has
    callers, too."""
    text = yaml.safe_dump_all([SERVICE, *policies])
    read = read_all([File("case.yaml", text.encode())])
    wrong = [each for each in read.findings if each.severity is Severity.ERROR]
    assert not wrong, (wrong, text)
    pod = Pod(
        WORKLOAD["namespace"],
        "cart-1",
        "cart",
        ("10.244.0.5",),
        labels(WORKLOAD["labels"]),
        role=ProxyRole.SIDECAR,
        ports=(PodPort("http", 8080), PodPort("tcp", 9090)),
    )
    contributions = {each.object: each for each in read.contributions}
    pods = [pod, *_callers()] if others else [pod]
    return assemble(Mesh(), contributions, observed_pods(pods))[0], pod


def _callers() -> Iterator[Pod]:
    for at, (namespace, account) in enumerate(each for each in ACCOUNTS if each):
        key = (namespace, f"{account}-1", account, (f"10.244.1.{at}",))
        labelled = labels({"app": account})
        yield Pod(*key, labelled, account, role=ProxyRole.SIDECAR)


def filters_of(mesh: Mesh, pod: Pod, layer: Layer) -> list[TypedExtensionConfig]:
    """The pod's own filters of authorization in their order, configured as Envoy is told."""
    listener = Listener.FromString(_body(mesh, pod, ResourceType.LISTENER, INBOUND))
    chain = next(each for each in listener.filter_chains if each.name == _CHAINS[layer])
    names = [each.name for each in chain.filters]
    if layer is Layer.HTTP:
        manager = HttpConnectionManager.FromString(chain.filters[-1].typed_config.value)
        names = [each.name for each in manager.http_filters]
    mine = [each for each in names if f"|{Authorization.WORD}" in each]
    bodies = (_body(mesh, pod, ResourceType.EXTENSION, name) for name in mine)
    return [TypedExtensionConfig.FromString(body) for body in bodies]


def _body(mesh: Mesh, pod: Pod, kind: ResourceType, name: str) -> bytes:
    body = compile_resource(mesh, view_of(mesh, pod, kind, name), kind, name).body
    assert body is not None, name
    return body

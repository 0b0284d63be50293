"""Discovered filters: listeners name them, and each has its configuration for a workload."""

from __future__ import annotations

import pytest
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_pb2 import Listener

from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import OutboundView, WorkloadView, views_of
from gossamer.compile.extensions import CONFIGURATIONS
from gossamer.contract.extension_names import ExtensionName, Layer, ReporterSide
from gossamer.contract.listener_names import OUTBOUND
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import policies
from gossamer.model.policies.workload.access_log import AccessLogging
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Discovery, Pod
from gossamer.model.workload.workload_policy import WorkloadPolicy
from tests.compile.reviews_mesh import added

SERVER = ExtensionName(ReporterSide.SERVER, AccessLogging.WORD, Layer.HTTP)
CLIENT = ExtensionName(ReporterSide.CLIENT, AccessLogging.WORD, Layer.HTTP)
REVIEWS = WorkloadView("default", labels({"app": "reviews"}))


def telemetry(
    name: str, logging: AccessLogging, namespace: str = "default", app: str = ""
) -> WorkloadPolicy:
    ref = ObjectRef("Telemetry", namespace, name, "telemetry.istio.io")
    return WorkloadPolicy(ref, namespace, labels({"app": app} if app else {}), policies(logging))


def mesh_of(*policy: WorkloadPolicy) -> Mesh:
    mesh, _ = assemble(Mesh(), {each.object: added(each) for each in policy})
    return mesh


def body(mesh: Mesh, view: WorkloadView, name: ExtensionName) -> bytes:
    compiled = compile_resource(mesh, view, ResourceType.EXTENSION, str(name))
    assert compiled.body is not None
    return TypedExtensionConfig.FromString(compiled.body).typed_config.value


def test_a_listener_needs_the_configurations_of_its_filters() -> None:
    """They are pushed ahead of it, so that it never waits for an answer of the plane."""
    view = OutboundView("*", Discovery.ON_DEMAND)
    compiled = compile_resource(Mesh(), view, ResourceType.LISTENER, OUTBOUND)
    tcp = ExtensionName(ReporterSide.CLIENT, AccessLogging.WORD, Layer.TCP)
    assert (ResourceType.EXTENSION, str(tcp)) in compiled.needs
    assert compiled.body is not None
    named = Listener.FromString(compiled.body).default_filter_chain.filters[0]
    assert named.name == str(tcp)
    assert named.config_discovery.HasField("default_config")


def test_the_narrowest_that_speaks_of_an_end_decides() -> None:
    """What is said of arriving calls leaves those that depart to the namespace's word."""
    mesh = mesh_of(
        telemetry("whole", AccessLogging(client=False, server=False)),
        telemetry("reviews", AccessLogging(server=True), app="reviews"),
    )
    assert body(mesh, REVIEWS, SERVER) == b""
    assert body(mesh, REVIEWS, CLIENT) != b""
    assert body(mesh, WorkloadView("other", ()), CLIENT) == b""


@pytest.mark.parametrize("name", ["server|access_log|udp", "server|nothing|http", "x"])
def test_nobody_else_has_a_configuration(name: str) -> None:
    """A name that no filter bears has none, and an unknown feature neither."""
    assert compile_resource(Mesh(), REVIEWS, ResourceType.EXTENSION, name).body is None


def test_workloads_share_a_configuration_unless_a_selector_tells_them_apart() -> None:
    """A view holds only those labels that some selector has, with their values."""
    mesh = mesh_of(telemetry("quiet", AccessLogging(server=False), app="reviews"))
    pods = [
        Pod("default", name, name, (), labels({"app": app, "pod-template-hash": name}))
        for name, app in (("a", "reviews"), ("b", "reviews"), ("c", "ratings"))
    ]
    first, second, third = (views_of(mesh, pod).workload for pod in pods)
    assert first == second == REVIEWS
    assert third == WorkloadView("default", ())
    assert views_of(Mesh(), pods[0]).workload == WorkloadView("default", ())


def test_every_configuration_is_of_the_type_that_its_filter_takes() -> None:
    """Each feature of the table compiles for both ends, and depends on nothing that is not read."""
    for (text, layer), configure in CONFIGURATIONS.items():
        for reporter in ReporterSide:
            name = str(ExtensionName(reporter, text, layer))
            compiled = compile_resource(Mesh(), REVIEWS, ResourceType.EXTENSION, name)
            assert compiled.body is not None, configure
            assert compiled.reads

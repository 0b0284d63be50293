"""Of some policies all that apply to a workload hold together."""

from __future__ import annotations

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.workload_policies import all_that_apply
from gossamer.model.assembly.assemble import assemble
from gossamer.model.ids import ROOT_NAMESPACE
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import NO_POLICIES, Policies, policies
from gossamer.model.policies.workload.mtls import Mtls, MtlsMode
from gossamer.model.workload.labels import Labels, labels
from gossamer.model.workload.workload_policy import WorkloadPolicy
from tests.compile.reviews_mesh import added

WEB = labels({"app": "web"})
STRICT, OPEN = Mtls(MtlsMode.STRICT), Mtls(MtlsMode.PERMISSIVE)


def a_policy(
    name: str,
    namespace: str,
    selector: Labels = (),
    values: Policies = NO_POLICIES,
    ports: tuple[tuple[int, Policies], ...] = (),
) -> WorkloadPolicy:
    ref = ObjectRef("PeerAuthentication", namespace, name, "security.istio.io")
    return WorkloadPolicy(ref, namespace, selector, values, ports)


def looking_at(*policy: WorkloadPolicy) -> TrackedLookup:
    mesh, _ = assemble(Mesh(), {each.object: added(each) for each in policy})
    return TrackedLookup(mesh)


def test_additive_policies_hold_together() -> None:
    """All that select the workload, the mesh's first, and each counts as a cause."""
    read = looking_at(
        a_policy("namespace", "default", (), policies(OPEN)),
        a_policy("web", "default", WEB, policies(STRICT)),
        a_policy("mesh", ROOT_NAMESPACE, (), policies(STRICT)),
        a_policy("other", "default", labels({"app": "db"}), policies(STRICT)),
        a_policy("elsewhere", "shop", (), policies(STRICT)),
    )
    result = list(all_that_apply(read, Mtls, WorkloadView("default", WEB)))
    assert [policy.object.name for policy, _ in result] == ["mesh", "namespace", "web"]
    assert [ref.name for ref in read.because] == ["mesh", "namespace", "web"]


def test_additive_policies_of_the_root_namespace_select_anywhere() -> None:
    """With a selector they hold for what it selects in every namespace."""
    read = looking_at(a_policy("web-everywhere", ROOT_NAMESPACE, WEB, policies(STRICT)))
    assert len(list(all_that_apply(read, Mtls, WorkloadView("shop", WEB)))) == 1
    assert list(all_that_apply(read, Mtls, WorkloadView("shop", labels({"app": "db"})))) == []


def test_a_policy_yet_to_come_is_waited_for() -> None:
    """Namespaces without any were looked at, so the first one compiles the workload anew."""
    read = looking_at()
    assert list(all_that_apply(read, Mtls, WorkloadView("shop", WEB))) == []
    assert {key.name for key in read.reads} == {ROOT_NAMESPACE, "shop"}

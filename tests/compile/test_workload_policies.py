"""Of some policies all that apply to a workload hold together."""

from __future__ import annotations

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.workload_policies import all_that_apply, policies_of
from gossamer.model.assembly.assemble import assemble
from gossamer.model.fragment import facts
from gossamer.model.ids import ROOT_NAMESPACE
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import NO_POLICIES, Policies, policies
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction
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
    """Where none is was looked, so the first one compiles the workload anew; and nobody else."""
    read = looking_at()
    assert list(all_that_apply(read, Mtls, WorkloadView("shop", WEB))) == []
    homes = {ROOT_NAMESPACE, "shop"}
    assert {key.name for key in read.reads} == homes | {f"{home} app=web" for home in homes}


def test_who_may_call_one_workload_touches_no_other() -> None:
    """What another workload compiles reads none of its facts: among a thousand with a policy each,
    a change compiles one."""
    deny = policies(Authorization(AuthorizationAction.DENY))
    policy = a_policy("own", "shop", labels({"app": "db"}), deny)
    read = looking_at(policy)
    assert not list(all_that_apply(read, Authorization, WorkloadView("shop", WEB)))
    assert not policies_of(read, "shop", WEB)
    assert read.reads.isdisjoint(key for key in facts(policy))


def test_a_selector_of_two_labels_selects_once() -> None:
    """Whoever has both labels gets the policy once; whoever has one of them does not."""
    both = labels({"app": "web", "tier": "front"})
    read = looking_at(a_policy("own", "shop", both, policies(STRICT)))
    assert len(list(all_that_apply(read, Mtls, WorkloadView("shop", both)))) == 1
    assert not list(all_that_apply(read, Mtls, WorkloadView("shop", WEB)))

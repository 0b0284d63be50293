"""A call is explained by the hosts that its proxy really holds."""

from __future__ import annotations

from gossamer.explain.explain import explain_call
from gossamer.explain.walk.call import call_to
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.mesh import Mesh
from gossamer.model.observed import observed_pods
from gossamer.model.workload.pod import Discovery, Pod, ProxyRole
from gossamer.plane.pipeline import Pipeline
from gossamer.plane.queries.explaining import with_all_hosts
from gossamer.plane.streams.proxies import ConnectedProxies

CLIENT = Pod("default", "client", "client", ("10.244.0.2",), role=ProxyRole.SIDECAR)


def test_a_proxy_that_has_all_hosts_is_explained_so() -> None:
    """The mesh differs in this pod's way of discovery alone; the present one stays as it is."""
    mesh, _ = assemble(Mesh(), {}, observed_pods([CLIENT]))
    held = with_all_hosts(mesh, CLIENT.key)
    before, after = (each.lookup(tables.PODS, CLIENT.key) for each in (mesh, held))
    assert before == CLIENT
    assert after is not None
    assert after.discovery is Discovery.EAGER
    call = call_to(CLIENT.key, "http://nobody.example/")
    explained = [explain_call(each, call) for each in (mesh, held)]
    assert explained[0].verdict == explained[1].verdict


def test_one_that_has_them_already_or_is_unknown_changes_nothing() -> None:
    """The very same mesh is asked."""
    mesh, _ = assemble(Mesh(), {}, observed_pods([CLIENT]))
    held = with_all_hosts(mesh, CLIENT.key)
    assert with_all_hosts(held, CLIENT.key) is held
    assert with_all_hosts(mesh, "default/nobody") is mesh
    assert not ConnectedProxies(Pipeline()).has_all_hosts(CLIENT.key)

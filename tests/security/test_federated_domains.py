"""Another trust domain may prove its own identities, and nobody else's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gossamer.identity.authority import Authority
from gossamer.identity.plan import AttestedPod, pod_template
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.workload.federated_domain import FederatedDomain
from tests.compile.dialling import echoing
from tests.compile.reviews_mesh import mtls
from tests.compile.running_mesh import Start
from tests.compile.two_workloads import World
from tests.security.guarded import guarded, policy
from tests.security.test_peer_identity import said_to

REQUEST = b"GET / HTTP/1.1\r\nhost: reviews\r\n\r\n"
OTHER, THIRD = "other.example", "third.example"


def federated(mesh: Mesh, *domains: FederatedDomain) -> Mesh:
    """The mesh with these trust domains beside its own."""
    return replace(mesh, facts=mesh.facts.set(tables.FEDERATION.key("*"), domains))


def signed(folder: Path, by: Authority, domain: str) -> Path:
    """A workload's certificate that names a trust domain, whoever signs it."""
    template = pod_template(AttestedPod("default", "friend-1", "friend", "here"), domain)
    by.trust_domain = domain
    issued = by.issue(template)
    path = folder / "client.pem"
    path.write_text(issued.key + issued.chain)
    return path


@pytest.mark.e2e
async def test_each_domain_is_proven_by_its_own_roots_alone(
    start: Start, authority: Authority, tmp_path: Path
) -> None:
    """Of all pairs of a signer and the domain that a certificate names, its own are let in. A list
    of roots would let each sign for all."""
    other = Authority.open(tmp_path / "other", OTHER)
    third = Authority.open(tmp_path / "third", THIRD)
    world = World(authority, mtls(MtlsMode.STRICT))
    world.mesh = federated(world.mesh, FederatedDomain(OTHER, other.roots_pem.encode()))
    callee = await start(world.plane(world.reviews))
    signers = {"cluster.local": Authority.open(tmp_path / "ca"), OTHER: other, THIRD: third}
    async with echoing(world.app, 9080):
        for signer, by in signers.items():
            for domain in signers:
                chain = signed(tmp_path, by, domain)
                heard = await said_to(callee.plane.bind, 9080, "istio-http/1.1", chain, REQUEST)
                assert (b"200 OK" in heard) == (signer == domain != THIRD), (signer, domain)
    assert callee.plane.refused == []


FRIENDS = f"[{{from: [{{source: {{principals: [{OTHER}/ns/default/sa/friend]}}}}]}}]"
NEIGHBOURS = "[{from: [{source: {namespaces: [default]}}]}]"


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("rules", "let_in"),
    [
        (FRIENDS, {(OTHER, "default/friend")}),
        (NEIGHBOURS, {("cluster.local", "default/friend"), ("cluster.local", "default/guest")}),
    ],
    ids=["by principal", "by namespace"],
)
async def test_a_policy_names_whom_it_means(
    start: Start, authority: Authority, tmp_path: Path, rules: str, let_in: set[tuple[str, str]]
) -> None:
    """A federated workload is named by its principal with its domain; a namespace is the mesh's
    own, whatever others call theirs."""
    other = Authority.open(tmp_path / "other", OTHER)
    domains = (FederatedDomain(OTHER, other.roots_pem.encode()),)
    async with guarded(start, authority, policy(rules, "ALLOW"), federated=domains) as web:
        for domain, by in {"cluster.local": authority, OTHER: other}.items():
            for account in ("default/friend", "default/guest"):
                status = await replace(web, authority=by).status(account=account)
                wanted = 200 if (domain, account) in let_in else 403
                assert status == wanted, (domain, account)

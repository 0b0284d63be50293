"""Banned identities are refused by name, at every workload, whatever its policies say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from envoy.extensions.filters.http.rbac.v3.rbac_pb2 import RBAC as HttpRules
from envoy.extensions.filters.network.rbac.v3.rbac_pb2 import RBAC as TcpRules

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.extensions import build_extension
from gossamer.contract.authorization_names import parse_rule
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.mesh import Mesh
from gossamer.model.workload.banned import Banned

CART = "spiffe://cluster.local/ns/shop/sa/cart"
VIEW = WorkloadView("bank", (("app", "vault"),))
KINDS = (("http", HttpRules), ("tcp", TcpRules))


def rules(kind: str, shape: type[HttpRules] | type[TcpRules], *identities: str) -> object:
    """What a workload's filter decides while these are banned."""
    mesh = Mesh()
    if identities:
        fact = Banned(identities)
        mesh = replace(mesh, facts=mesh.facts.set(tables.BANNED.key(EVERYWHERE), fact))
    config = build_extension(TrackedLookup(mesh), VIEW, f"server|authorization|{kind}")
    assert config is not None
    unpacked = shape()
    assert config.typed_config.Unpack(unpacked)
    return unpacked


@pytest.mark.parametrize(("kind", "shape"), KINDS)
def test_a_banned_identity_is_refused_by_name(kind: str, shape: type[HttpRules]) -> None:
    """The rule is named after the ban, so that a log line says why."""
    decided = rules(kind, shape, CART)
    [(name, policy)] = decided.rules.policies.items()  # type: ignore[attr-defined]
    named = parse_rule(name)
    assert named is not None
    assert named.object == "Ban cluster.local/ns.shop.sa.cart"
    assert CART in str(policy.principals)


@pytest.mark.parametrize(("kind", "shape"), KINDS)
def test_without_bans_nothing_is_asked(kind: str, shape: type[HttpRules]) -> None:
    """A mesh in which nobody is banned pays nothing for it."""
    assert not rules(kind, shape).HasField("rules")  # type: ignore[attr-defined]

"""Banned identities are refused by name, at every workload, whatever its policies say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf import symbol_database

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


def rules(layer: str, *identities: str) -> Any:
    """What a workload's filter decides while these are banned."""
    mesh = Mesh()
    if identities:
        fact = Banned(identities)
        mesh = replace(mesh, facts=mesh.facts.set(tables.BANNED.key(EVERYWHERE), fact))
    config = build_extension(TrackedLookup(mesh), VIEW, f"server|authorization|{layer}")
    assert config is not None
    kind = config.typed_config.type_url.rpartition("/")[2]
    unpacked = symbol_database.Default().GetSymbol(kind)()
    assert config.typed_config.Unpack(unpacked)
    return unpacked


@pytest.mark.parametrize("layer", ["http", "tcp"])
def test_a_banned_identity_is_refused_by_name(layer: str) -> None:
    """The rule is named after the ban, so that a log line says why."""
    [(name, policy)] = rules(layer, CART).rules.policies.items()
    named = parse_rule(name)
    assert named is not None
    assert named.object == "Ban cluster.local/ns.shop.sa.cart"
    assert CART in str(policy.principals)


@pytest.mark.parametrize("layer", ["http", "tcp"])
def test_without_bans_nothing_is_asked(layer: str) -> None:
    """A mesh in which nobody is banned pays nothing for it."""
    assert not rules(layer).HasField("rules")

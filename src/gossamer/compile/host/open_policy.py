"""The Rego that a host's proxies may ask about: what some authorizer of MeshConfig names."""

from __future__ import annotations

import json

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import ScopeView
from gossamer.contract.type_urls import ALL_POLICIES
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of

SCHEMA = 1


def build_policies(read: TrackedLookup, _: ScopeView, name: str) -> bytes | None:
    """All of them as one JSON resource, the shape of `opa/shapes.py`; None where there is none.

    A policy that no ConfigMap holds is left out, so that whoever is asked by it is refused.
    """
    if name != ALL_POLICIES:
        return None
    wanted = sorted({each.rego.policy for each in settings_of(read).authorizers if each.rego})
    policies = [text for each in wanted if (text := _policy(read, each)) is not None]
    if not wanted:
        return None
    return json.dumps({"version": SCHEMA, "policies": policies}, sort_keys=True).encode()


def _policy(read: TrackedLookup, name: str) -> dict[str, object] | None:
    claims = read.lookup(tables.REGO, name) or ()
    if not claims:
        return None
    rego = claims[0]
    read.decided(rego.object)
    data = json.loads(rego.data) if rego.data else {}
    return {"name": name, "modules": rego.deciding, "data": data}

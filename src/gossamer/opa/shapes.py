"""Rego policies as the plane pushes them and the agent keeps them on disk."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

SCHEMA = 1


class RegoPolicy(Struct, frozen=True):
    """One ConfigMap's Rego: `name` is `NAMESPACE/NAME`, `modules` texts by file name, `data` the
    document that they see as `data`."""

    name: str
    modules: dict[str, str]
    data: dict[str, Any] = {}


class PolicyTable(Struct, frozen=True):
    """All that a host's proxies may ask about."""

    policies: list[RegoPolicy]
    version: int = SCHEMA


class BadPolicies(Exception):
    """A table that cannot be read; the text says why."""


def read_table(body: bytes) -> dict[str, RegoPolicy]:
    """The policies by name. BadPolicies where the bytes are not a table of this schema."""
    try:
        table = msgspec.json.decode(body, type=PolicyTable)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadPolicies(str(error)) from error
    if table.version != SCHEMA:
        raise BadPolicies(f"its schema is {table.version}, not {SCHEMA}")
    return {each.name: each for each in table.policies}

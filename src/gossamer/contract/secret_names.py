"""The names of secrets: three fixed ones, and those that say whose they are.

These are `gateway|NS/NAME`, `client|CLUSTER` and `roots|CLUSTER`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OWN_CERTIFICATE = "default"
"""The workload's certificate and key, which the agent alone gives."""

MESH_ROOTS = "inbound-roots"
SYSTEM_ROOTS = "system-roots"


class SecretKind(StrEnum):
    """What a secret is for."""

    GATEWAY = "gateway"
    CLIENT = "client"
    ROOTS = "roots"


WITH_KEY = frozenset({SecretKind.GATEWAY, SecretKind.CLIENT})
"""The kinds whose secrets hold a private key."""

_KINDS = frozenset(SecretKind)


@dataclass(frozen=True, slots=True)
class SecretName:
    """A gateway's certificate by its Secret `NS/NAME`, or a client's own by its cluster."""

    kind: SecretKind
    of: str

    def __str__(self) -> str:
        return f"{self.kind}|{self.of}"


def parse_secret(name: str) -> SecretName | None:
    """What `KIND|OF` says; None for the fixed names and any other."""
    kind, _, of = name.partition("|")
    return SecretName(SecretKind(kind), of) if of and kind in _KINDS else None

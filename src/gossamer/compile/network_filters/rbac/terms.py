"""All of, one of, none of: the same for those who call (principals) and what they ask
(permissions)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from envoy.config.rbac.v3.rbac_pb2 import Permission, Principal

T = TypeVar("T", Permission, Principal)


@dataclass(frozen=True, slots=True)
class Terms(Generic[T]):
    """How one of the two messages says it: the names of its fields."""

    message: type[T]
    all: str
    one: str
    inside: str
    no: str

    def all_of(self, parts: Sequence[T]) -> T:
        """What matches where each part does; anything where there is none."""
        return self._group(self.all, parts) if parts else self.message(any=True)

    def one_of(self, parts: Sequence[T]) -> T:
        """What matches where some part does; there is at least one."""
        return self._group(self.one, parts)

    def none_of(self, parts: Sequence[T]) -> T:
        """What matches where no part does; there is at least one."""
        whole = self.message()
        getattr(whole, self.no).CopyFrom(self.one_of(parts))
        return whole

    def _group(self, field: str, parts: Sequence[T]) -> T:
        if len(parts) == 1:
            return parts[0]
        whole = self.message()
        getattr(getattr(whole, field), self.inside).extend(parts)
        return whole


PRINCIPALS = Terms(Principal, "and_ids", "or_ids", "ids", "not_id")
PERMISSIONS = Terms(Permission, "and_rules", "or_rules", "rules", "not_rule")

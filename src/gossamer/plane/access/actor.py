"""Who asks, and the roles that were granted to them.

An operator may do all. An editor reads and writes the objects of its namespaces, a viewer reads
them, Secrets' values excepted. Roles add up; without one nothing is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from gossamer.model.ids import EVERYWHERE


class Role(StrEnum):
    """What somebody is to the mesh."""

    OPERATOR = "operator"
    EDITOR = "editor"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role in some namespaces (`*` is all); an operator's holds everywhere.

    `hosts` are names outside the mesh's own that an editor may claim for all namespaces and at
    shared gateways: `shop.example.com`, or `*.shop.example.com`.
    """

    role: Role
    namespaces: tuple[str, ...] = (EVERYWHERE,)
    hosts: tuple[str, ...] = ()

    def holds_in(self, namespace: str) -> bool:
        """Whether it holds in that namespace."""
        return self.role is Role.OPERATOR or bool({EVERYWHERE, namespace} & {*self.namespaces})


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who proved who they are, by the name that the audit log has for them."""

    name: str
    grants: tuple[RoleGrant, ...] = ()

    @property
    def operates(self) -> bool:
        """Whether everything is allowed."""
        return any(grant.role is Role.OPERATOR for grant in self.grants)

    @property
    def sees_all(self) -> bool:
        """Whether every namespace may be read."""
        return self.operates or any(EVERYWHERE in grant.namespaces for grant in self.grants)

    def sees(self, namespace: str) -> bool:
        """Whether the objects of a namespace may be read."""
        return any(grant.holds_in(namespace) for grant in self.grants)

    def edits(self, namespace: str) -> bool:
        """Whether the objects of a namespace may be written, and its Secrets read."""
        return self.operates or any(grant.holds_in(namespace) for grant in self._editing())

    @property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that are named in a grant, without `*`."""
        named = {each for grant in self.grants for each in grant.namespaces}
        return frozenset(named - {EVERYWHERE})

    @property
    def hosts(self) -> tuple[str, ...]:
        """The outside hosts that this editor may claim for everybody."""
        return tuple(dict.fromkeys(host for grant in self._editing() for host in grant.hosts))

    @property
    def is_editor(self) -> bool:
        """Whether there is something that may be written."""
        return self.operates or any(self._editing())

    def _editing(self) -> Iterator[RoleGrant]:
        return (grant for grant in self.grants if grant.role is Role.EDITOR)


def described(grants: Iterable[RoleGrant]) -> str:
    """Roles as an error names them: `editor of team-a, viewer of *`."""
    words = (
        str(grant.role)
        if grant.role is Role.OPERATOR
        else f"{grant.role} of {', '.join(grant.namespaces)}"
        for grant in grants
    )
    return ", ".join(words) or "no role"

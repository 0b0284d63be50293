"""Who has which role, as the access file says it, and whose ID tokens are believed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gossamer.plane.access.actor import RoleGrant


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key of an issuer: its `kid`, the algorithm it is for, and the JWK's own parameters."""

    kid: str
    algorithm: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """An OpenID provider: whose tokens for which audiences, and the claims that say who it is.

    Without keys they are to be fetched.
    """

    issuer: str
    audiences: tuple[str, ...]
    keys: tuple[PublicKey, ...]
    user_claim: str = "sub"
    groups_claim: str = "groups"


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role, and whose it is: users of the machine by uid, users and groups of an issuer."""

    grant: RoleGrant
    uids: tuple[int, ...] = ()
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The whole file. The empty one gives nobody a role."""

    assignments: tuple[RoleAssignment, ...] = ()
    issuers: tuple[TokenIssuer, ...] = ()

    @property
    def uids(self) -> frozenset[int]:
        """The users of the machine who have a role."""
        return frozenset(uid for each in self.assignments for uid in each.uids)

    def of_uid(self, uid: int) -> tuple[RoleGrant, ...]:
        """The roles of a user of the machine."""
        return tuple(each.grant for each in self.assignments if uid in each.uids)

    def of_person(self, issuer: str, user: str, groups: Iterable[str]) -> tuple[RoleGrant, ...]:
        """The roles of somebody for whom an issuer vouches."""
        belongs = set(groups)
        return tuple(
            each.grant
            for each in self.assignments
            if each.issuer == issuer and (user in each.users or belongs & {*each.groups})
        )


NO_RULES = AccessRules()

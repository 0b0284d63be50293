"""The JSON of the plane's API about who may do what: tokens, roles, the audit log."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class TokenBody(Struct, frozen=True):
    """A token to make: a role in these namespaces, or in all (`*`), for so many seconds."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$")]
    role: Literal["operator", "editor", "viewer"]
    lifetime_s: Annotated[float, Meta(gt=0, le=366 * 86400)]
    namespaces: list[str] = []
    hosts: list[str] = []


class TokenShape(Struct, frozen=True):
    """A token without its secret; times are seconds since 1970."""

    id: str
    name: str
    role: str
    namespaces: list[str]
    hosts: list[str]
    created: float
    expires: float


class TokenMade(Struct, frozen=True):
    """A new token: `token` is shown this once."""

    token: str
    about: TokenShape


class Tokens(Struct, frozen=True):
    """All tokens."""

    tokens: list[TokenShape]


class FieldChange(Struct, frozen=True):
    """A field as it was and as it is; null where there was or is none, `***` for a secret."""

    field: str
    before: str | None
    after: str | None


class AuditEntry(Struct, frozen=True, omit_defaults=True):
    """One line of the audit log, by its number `n`. `more` counts fields, `untold` refusals that
    have no line.
    """

    at: str
    actor: str
    verb: str
    object: str
    outcome: str
    reason: str = ""
    changes: list[FieldChange] = []
    more: int = 0
    untold: int = 0
    n: int = 0


class RoleShape(Struct, frozen=True):
    """A role and where it holds."""

    role: str
    namespaces: list[str]
    hosts: list[str]


class WhoAmI(Struct, frozen=True):
    """Who asks, as the plane knows them."""

    name: str
    roles: list[RoleShape]


class AuditLog(Struct, frozen=True):
    """The last entries, how many there are, and the hash of the last line.

    `broken_line` is the first that is not as it was written, None where the log is whole.
    """

    entries: list[AuditEntry]
    lines: int
    head: str
    broken_line: int | None
    reason: str


class JoinTokenBody(Struct, frozen=True):
    """Whom a join token is for (an identity, or a pattern of them), and how long it lasts."""

    pattern: str
    ttl_s: Annotated[float, Meta(gt=0, le=86_400)] = 600.0


class JoinTokenShape(Struct, frozen=True):
    """A join token, shown this once; good for one join until `expires`."""

    token: str
    pattern: str
    expires: str


class JoinBody(Struct, frozen=True):
    """A certificate request (PEM) of somebody without a certificate, and the proof: a join token,
    or a pod's token (`identity` is NS/POD then) that Kubernetes reviews."""

    csr: str
    identity: str
    token: str = ""
    kubernetes_token: str = ""

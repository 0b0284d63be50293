"""Authorization: which calls a workload takes, by who calls, what is asked, on what conditions.

All of a workload's policies hold together: first CUSTOM (an external service decides), then a DENY
that matches refuses, then, if there is any ALLOW, one must match. Values are Istio's
AuthorizationPolicy (https://istio.io/latest/docs/reference/config/security/authorization-policy/);
other dialects are read into the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class AuthorizationAction(StrEnum):
    """What becomes of a call that a rule matches."""

    ALLOW = "ALLOW"
    DENY = "DENY"
    AUDIT = "AUDIT"
    CUSTOM = "CUSTOM"


class Attribute(StrEnum):
    """What of a call is compared. Those named by `key` (a header, a claim) say which one there."""

    PRINCIPAL = "principal"
    NAMESPACE = "namespace"
    SERVICE_ACCOUNT = "service-account"
    TRUST_DOMAIN = "trust-domain"
    DIRECT_IP = "direct-ip"
    REMOTE_IP = "remote-ip"
    REQUEST_PRINCIPAL = "request-principal"
    AUDIENCE = "audience"
    PRESENTER = "presenter"
    CLAIM = "claim"
    HOST = "host"
    METHOD = "method"
    PATH = "path"
    HEADER = "header"
    DESTINATION_IP = "destination-ip"
    PORT = "port"
    SNI = "sni"
    FILTER_METADATA = "filter-metadata"

    @property
    def of_requests(self) -> bool:
        """Whether only HTTP has it; a rule with such a condition means less on a TCP port."""
        return self in _OF_REQUESTS


_OF_REQUESTS = frozenset(
    {
        Attribute.REQUEST_PRINCIPAL,
        Attribute.AUDIENCE,
        Attribute.PRESENTER,
        Attribute.CLAIM,
        Attribute.HOST,
        Attribute.METHOD,
        Attribute.PATH,
        Attribute.HEADER,
    }
)


class ValueCompare(StrEnum):
    """How a value is compared. TEMPLATE is a path with `{*}` (one segment) and `{**}` (any)."""

    EXACT = "exact"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    PRESENT = "present"
    TEMPLATE = "template"
    RANGE = "range"
    REGEX = "regex"


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """One comparison. `text` is without the `*` that made it a prefix or suffix; for RANGE it is an
    address range as CIDR."""

    compare: ValueCompare
    text: str = ""


@dataclass(frozen=True, slots=True)
class CallCondition:
    """One attribute is one of `values` (if there are any) and none of `excluded`.

    `key` names a header, or the path of a claim (`("realm", "roles")`); `field` is the place in
    the object, relative to its rule.
    """

    attribute: Attribute
    values: tuple[ValueMatch, ...] = ()
    excluded: tuple[ValueMatch, ...] = ()
    key: tuple[str, ...] = ()
    field: str = ""


AllOf = tuple[CallCondition, ...]


@dataclass(frozen=True, slots=True)
class AuthorizationRule:
    """One of the sources, one of the operations, and all of the conditions must match.

    Without sources (or operations) anybody (or anything) does. `field` is the rule's place in the
    object, such as `spec.rules[0]`.
    """

    sources: tuple[AllOf, ...] = ()
    operations: tuple[AllOf, ...] = ()
    conditions: AllOf = ()
    field: str = ""


@dataclass(frozen=True, slots=True)
class Authorization:
    """What one object says. Without rules an ALLOW lets nobody in, and the others never match.

    `provider` is the external service of a CUSTOM. `dry_run` counts and logs what it would decide,
    and decides nothing.
    """

    WORD: ClassVar[str] = "authorization"

    action: AuthorizationAction
    rules: tuple[AuthorizationRule, ...] = ()
    provider: str = ""
    dry_run: bool = False

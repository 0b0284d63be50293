"""Rules of authorization as the policies of an RBAC filter, each under its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envoy.config.rbac.v3.rbac_pb2 import Permission, Policy, Principal

from gossamer.compile.lookup.authorization import DecidingObject
from gossamer.compile.network_filters.rbac.conditions import (
    Meaning,
    is_about_caller,
    permission_of,
    principal_of,
)
from gossamer.compile.network_filters.rbac.identities import TrustDomains
from gossamer.compile.network_filters.rbac.terms import PERMISSIONS, PRINCIPALS
from gossamer.contract.authorization_names import RuleName
from gossamer.model.policies.workload.authorization import (
    AllOf,
    AuthorizationAction,
    AuthorizationRule,
)

NamedPolicies = dict[str, Policy]


def named_policies(holding: Iterable[DecidingObject], domains: TrustDomains) -> NamedPolicies:
    """Each rule of these objects, by its name."""
    return {
        str(_name(each, index)): policy_of(rule, _meaning(each, domains))
        for each in holding
        for index, rule in each.rules
    }


def _name(holding: DecidingObject, index: int) -> RuleName:
    ref = holding.object
    return RuleName(ref.kind, ref.namespace, ref.name, index)


def _meaning(holding: DecidingObject, domains: TrustDomains) -> Meaning:
    return Meaning(domains, refuses=holding.action is not AuthorizationAction.ALLOW)


def policy_of(rule: AuthorizationRule, meaning: Meaning) -> Policy:
    """One of the operations, one of the sources, and all conditions."""
    asked = [_asked(each, meaning) for each in rule.operations]
    callers = [_callers(each, meaning) for each in rule.sources]
    alternatives = [PERMISSIONS.one_of(asked)] if asked else []
    origins = [PRINCIPALS.one_of(callers)] if callers else []
    return Policy(
        permissions=[PERMISSIONS.all_of([*alternatives, *_permissions(rule.conditions, meaning)])],
        principals=[PRINCIPALS.all_of([*origins, *_principals(rule.conditions, meaning)])],
    )


def _asked(operation: AllOf, meaning: Meaning) -> Permission:
    return PERMISSIONS.all_of(list(_permissions(operation, meaning)))


def _callers(source: AllOf, meaning: Meaning) -> Principal:
    return PRINCIPALS.all_of(list(_principals(source, meaning)))


def _permissions(conditions: AllOf, meaning: Meaning) -> Iterator[Permission]:
    return (permission_of(each, meaning) for each in conditions if not is_about_caller(each))


def _principals(conditions: AllOf, meaning: Meaning) -> Iterator[Principal]:
    return (principal_of(each, meaning) for each in conditions if is_about_caller(each))

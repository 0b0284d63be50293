"""What RBAC filters decide: first whether a rule refuses a call, then whether one lets it in.

It takes two filters. In the first, the rules that let calls in are *shadow* rules: Envoy only notes
their answer as metadata of the request or connection. The second reads it, and refuses under the
name of those who did not let the call in, where Envoy itself would say "none".
"""

from __future__ import annotations

from envoy.config.rbac.v3.rbac_pb2 import RBAC, Policy
from envoy.type.matcher.v3.value_pb2 import ValueMatcher

from gossamer.compile.lookup.authorization import Deciding, of_action
from gossamer.compile.network_filters.rbac.identities import TrustDomains
from gossamer.compile.network_filters.rbac.rules import NamedPolicies, named_policies
from gossamer.compile.network_filters.rbac.tokens import metadata_is
from gossamer.contract.authorization_names import nobody_name
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction

LET_IN = "let_in_"
"""What the names of the first filter's answer begin with in its metadata."""

WATCHED = f"{Authorization.WORD}_watched"
"""The feature's name of a filter that stands before the first and decides nothing."""

OTHERS = f"{Authorization.WORD}_others"
"""The feature's name of the second filter."""

_ANSWER, _NO = f"{LET_IN}shadow_engine_result", "denied"


def refusing(every: Deciding, domains: TrustDomains) -> RBAC | None:
    """The rules that refuse; None where no object has any."""
    denying = tuple(of_action(every, AuthorizationAction.DENY))
    rules = refusing_if(denying, domains)
    return rules if rules.policies else None


def refusing_if(every: Deciding, domains: TrustDomains) -> RBAC:
    """What refuses where a rule of these objects matches, whatever their action."""
    return _rules(RBAC.Action.DENY, named_policies(every, domains))


def letting_in(every: Deciding, domains: TrustDomains) -> RBAC | None:
    """The rules that let calls in; None where no object says who may call."""
    allowing = tuple(of_action(every, AuthorizationAction.ALLOW))
    return _rules(RBAC.Action.ALLOW, named_policies(allowing, domains)) if allowing else None


def refusing_others(every: Deciding, filter_name: str) -> RBAC | None:
    """What refuses whom the rules of the filter of that name did not let in."""
    allowing = [str(each.object) for each in of_action(every, AuthorizationAction.ALLOW)]
    if not allowing:
        return None
    answer = ValueMatcher()
    answer.string_match.exact = _NO
    policy = Policy(principals=[metadata_is(filter_name, (_ANSWER,), answer)])
    policy.permissions.add(any=True)
    return _rules(RBAC.Action.DENY, {nobody_name(allowing): policy})


def would_refuse(trial: Deciding, domains: TrustDomains) -> RBAC | None:
    """The rules that would refuse if their objects were no dry run."""
    policies = named_policies(of_action(trial, AuthorizationAction.DENY), domains)
    return _rules(RBAC.Action.DENY, policies) if policies else None


def would_let_in(every: Deciding, trial: Deciding, domains: TrustDomains) -> RBAC | None:
    """The rules that would let calls in: those that do, and those of a dry run (None without)."""
    tried = tuple(of_action(trial, AuthorizationAction.ALLOW))
    allowing = (*of_action(every, AuthorizationAction.ALLOW), *tried)
    return _rules(RBAC.Action.ALLOW, named_policies(allowing, domains)) if tried else None


def noting(every: Deciding, domains: TrustDomains) -> RBAC | None:
    """The rules whose calls are noted, whatever becomes of them."""
    policies = named_policies(of_action(every, AuthorizationAction.AUDIT), domains)
    return _rules(RBAC.Action.LOG, policies) if policies else None


def _rules(action: RBAC.Action.ValueType, policies: NamedPolicies) -> RBAC:
    rules = RBAC(action=action)
    for name in sorted(policies):
        rules.policies[name].CopyFrom(policies[name])
    return rules

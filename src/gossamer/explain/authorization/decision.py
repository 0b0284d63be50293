"""What one set of authorization rules decides about a call, and by which rule.

Source: envoy.config.rbac.v3.RBAC. Rules are asked in the order of their names; the first that
matches is the one that Envoy names in its log.
"""

from __future__ import annotations

from dataclasses import dataclass

from envoy.config.rbac.v3.rbac_pb2 import RBAC, Policy

from gossamer.explain.authorization.attributes import CallAttributes
from gossamer.explain.authorization.conditions import is_principal, permits
from gossamer.explain.authorization.truth import Truth, Unknown, all_of, any_of, negated


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """Whether the call may go on, and the rule that matched it ("" for none).

    `possible` are rules of which it cannot be told whether they match.
    """

    allowed: Truth
    rule: str = ""
    possible: tuple[str, ...] = ()


def decide(rules: RBAC, call: CallAttributes) -> RuleDecision:
    """What these rules make of the call. Rules that log alone let everything go on."""
    matches = {name: _matches(rules.policies[name], call) for name in sorted(rules.policies)}
    rule = next((name for name, truth in matches.items() if truth is True), "")
    possible = tuple(name for name, truth in matches.items() if isinstance(truth, Unknown))
    matched = any_of(matches.values())
    match rules.action:
        case RBAC.Action.ALLOW:
            return RuleDecision(matched, rule, possible)
        case RBAC.Action.DENY:
            return RuleDecision(negated(matched), rule, possible)
    return RuleDecision(True, rule, possible)


def _matches(policy: Policy, call: CallAttributes) -> Truth:
    asked = any_of(permits(each, call) for each in policy.permissions)
    who = any_of(is_principal(each, call) for each in policy.principals)
    unread = policy.HasField("condition") or policy.HasField("checked_condition")
    more: Truth = Unknown("a condition in CEL") if unread else True
    return all_of((asked, who, more))

"""Whether rules of authorization refuse a connection, as Envoy's network filter decides. Pure.

Source: envoy.config.rbac.v3, as far as `compile/network_filters/rbac` uses it for bytes. What is
not known here counts as refused: a connection that is closed comes again, and Envoy decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TypeVar

from envoy.config.core.v3.address_pb2 import CidrRange
from envoy.config.rbac.v3.rbac_pb2 import RBAC, Permission, Policy, Principal
from envoy.type.matcher.v3.string_pb2 import StringMatcher

from gossamer.agent.relay.connections.connection import CarriedConnection

T = TypeVar("T")


class CannotTell(Exception):
    """A kind of condition that is not known here."""


def refuses(denying: RBAC | None, allowing: RBAC | None, one: CarriedConnection) -> bool:
    """Whether a rule that denies matches, or none of those that allow, where there are any."""
    try:
        if denying is not None and matches(denying, one):
            return True
        return allowing is not None and not matches(allowing, one)
    except CannotTell:
        return True


def matches(rules: RBAC, one: CarriedConnection) -> bool:
    """Whether any of the policies does."""
    return any(_policy(policy, one) for policy in rules.policies.values())


def _policy(policy: Policy, one: CarriedConnection) -> bool:
    asked = any(_permits(each, one) for each in policy.permissions)
    return asked and any(_is(each, one) for each in policy.principals)


def _permits(rule: Permission, one: CarriedConnection) -> bool:
    return _known(_PERMISSIONS, rule.WhichOneof("rule"))(rule, one)


def _is(who: Principal, one: CarriedConnection) -> bool:
    return _known(_PRINCIPALS, who.WhichOneof("identifier"))(who, one)


def _known(table: Mapping[str, T], kind: str | None) -> T:
    if kind is None or kind not in table:
        raise CannotTell(str(kind))
    return table[kind]


def _text(matcher: StringMatcher, text: str) -> bool:
    match matcher.WhichOneof("match_pattern"):
        case "exact":
            return text == matcher.exact
        case "prefix":
            return text.startswith(matcher.prefix)
        case "suffix":
            return text.endswith(matcher.suffix)
        case "safe_regex":
            return _pattern(matcher.safe_regex.regex).fullmatch(text) is not None
    raise CannotTell("a comparison of texts")


@lru_cache(maxsize=1024)
def _pattern(regex: str) -> re.Pattern[str]:
    return re.compile(regex.replace(r"\C", "."), re.DOTALL)


def _within(cidr: CidrRange, address: str) -> bool:
    network = ip_network(f"{cidr.address_prefix}/{cidr.prefix_len.value}", strict=False)
    try:
        return ip_address(address) in network
    except ValueError:
        return False


def _authenticated(who: Principal, one: CarriedConnection) -> bool:
    matcher = who.authenticated.principal_name
    return any(_text(matcher, name) for name in one.names)


_PERMISSIONS: Mapping[str, Callable[[Permission, CarriedConnection], bool]] = {
    "any": lambda rule, one: rule.any,
    "and_rules": lambda rule, one: all(_permits(each, one) for each in rule.and_rules.rules),
    "or_rules": lambda rule, one: any(_permits(each, one) for each in rule.or_rules.rules),
    "not_rule": lambda rule, one: not _permits(rule.not_rule, one),
    "destination_ip": lambda rule, one: _within(rule.destination_ip, one.called),
    "destination_port": lambda rule, one: rule.destination_port == one.called_port,
    "requested_server_name": lambda rule, one: _text(rule.requested_server_name, one.server_name),
}
_PRINCIPALS: Mapping[str, Callable[[Principal, CarriedConnection], bool]] = {
    "any": lambda who, one: who.any,
    "and_ids": lambda who, one: all(_is(each, one) for each in who.and_ids.ids),
    "or_ids": lambda who, one: any(_is(each, one) for each in who.or_ids.ids),
    "not_id": lambda who, one: not _is(who.not_id, one),
    "authenticated": _authenticated,
    "direct_remote_ip": lambda who, one: _within(who.direct_remote_ip, one.caller),
    "remote_ip": lambda who, one: _within(who.remote_ip, one.caller),
}

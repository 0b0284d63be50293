"""The authorization filters of a chain, asked about a call one after the other.

Source: Envoy's RBAC filters. Each asks its shadow rules first and notes their answer as metadata of
the call, which its own rules may read: so the compiler lets one filter say whom a refused call
lacked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import envoy.extensions.filters.http.rbac.v3.rbac_pb2
import envoy.extensions.filters.network.rbac.v3.rbac_pb2
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from google.protobuf.message import Message

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.contract.extension_names import parse_extension
from gossamer.contract.type_urls import type_url
from gossamer.explain.authorization.attributes import CallAttributes
from gossamer.explain.authorization.decision import RuleDecision, decide
from gossamer.explain.authorization.truth import Truth, Unknown
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.workload.authorization import Authorization

AnyFilter = Filter | http_connection_manager_pb2.HttpFilter
HttpRbac = envoy.extensions.filters.http.rbac.v3.rbac_pb2.RBAC
NetworkRbac = envoy.extensions.filters.network.rbac.v3.rbac_pb2.RBAC
RbacConfig = HttpRbac | NetworkRbac

_NAMES: Mapping[type[RbacConfig], str] = {
    HttpRbac: "envoy.filters.http.rbac",
    NetworkRbac: "envoy.filters.network.rbac",
}
"""Under which name each kind of filter writes its metadata."""

_KINDS: Mapping[str, type[RbacConfig]] = {
    type_url(kind.DESCRIPTOR.full_name): kind for kind in _NAMES
}


@dataclass(frozen=True, slots=True)
class FilterDecision:
    """What one filter decides: the rule that refuses, else the rule that lets it in.

    `possible` are rules of either kind of which it cannot be told whether they match, `objects`
    those that the filter was made of.
    """

    decision: RuleDecision
    let_in_by: str = ""
    possible: tuple[str, ...] = ()
    objects: tuple[ObjectRef, ...] = ()


def decisions(
    config: ProxyConfig, filters: Iterable[AnyFilter], call: CallAttributes
) -> Iterator[FilterDecision]:
    """What each authorization filter of a chain decides, up to the first that refuses.

    What one notes, those behind it read. `possible` are the rules of all filters so far.
    """
    possible: tuple[str, ...] = ()
    for each in filters:
        name = parse_extension(each.name) if each.HasField("config_discovery") else None
        if name is None or not name.word.startswith(Authorization.WORD):
            continue
        rbac = _rbac(config.extension(each.name))
        objects = config.because(ResourceType.EXTENSION, each.name)
        if not isinstance(rbac, RbacConfig):
            yield FilterDecision(RuleDecision(rbac), objects=objects)
            continue
        let_in = decide(rbac.shadow_rules, call) if _has(rbac, "shadow_rules") else None
        if let_in is not None:
            possible += let_in.possible
            call = call.with_metadata(_NAMES[type(rbac)], _told(rbac, let_in))
        decision = decide(rbac.rules, call) if _has(rbac, "rules") else RuleDecision(True)
        possible += decision.possible
        yield FilterDecision(decision, let_in.rule if let_in else "", possible, objects)
        if decision.allowed is False:
            return


def _rbac(extension: TypedExtensionConfig | None) -> RbacConfig | Truth:
    """The filter's rules, or what is known without: where there is no configuration Envoy answers
    500 and lets nobody in."""
    if extension is None:
        return False
    kind = _KINDS.get(extension.typed_config.type_url)
    if kind is None:
        return Unknown(f"what {extension.typed_config.type_url} decides")
    rbac: RbacConfig = kind.FromString(extension.typed_config.value)
    by_tree = _has(rbac, "matcher") or _has(rbac, "shadow_matcher")
    return Unknown("what a matcher tree decides") if by_tree else rbac


def _told(rbac: RbacConfig, shadow: RuleDecision) -> Mapping[str, object]:
    prefix, result = rbac.shadow_rules_stat_prefix, shadow.allowed
    if not isinstance(result, Unknown):
        return {
            f"{prefix}shadow_engine_result": "allowed" if result else "denied",
            f"{prefix}shadow_effective_policy_id": shadow.rule,
        }
    return {f"{prefix}shadow_engine_result": result, f"{prefix}shadow_effective_policy_id": result}


def _has(message: Message, field: str) -> bool:
    return message.HasField(field)

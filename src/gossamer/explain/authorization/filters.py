"""The authorization filters of a chain, asked about a call one after the other.

Source: Envoy's RBAC filters. Each asks its shadow rules first and notes their answer as metadata of
the call, which its own rules may read: so the compiler lets one filter say whom a refused call
lacked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import envoy.extensions.filters.http.rbac.v3.rbac_pb2
import envoy.extensions.filters.network.rbac.v3.rbac_pb2
from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig
from envoy.config.listener.v3.listener_components_pb2 import Filter
from envoy.config.rbac.v3.rbac_pb2 import RBAC
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import ExtAuthz
from envoy.extensions.filters.http.set_metadata.v3.set_metadata_pb2 import Config
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2,
)
from google.protobuf.message import Message

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.http_filters import ext_authz
from gossamer.compile.network_filters.rbac.decision import LET_IN
from gossamer.contract.extension_names import parse_extension
from gossamer.contract.type_urls import type_url
from gossamer.explain.authorization.attributes import CallAttributes
from gossamer.explain.authorization.decision import RuleDecision, decide
from gossamer.explain.authorization.truth import Truth, Unknown
from gossamer.explain.authorization.values import metadata_is
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

_KINDS: Mapping[str, type[Message]] = {
    type_url(kind.DESCRIPTOR.full_name): kind for kind in (*_NAMES, ExtAuthz, Config)
}
"""Of filters that authorize, the idle one included, which stands where nobody is to be asked."""

_WORDS = (Authorization.WORD, ext_authz.WORD)
_DECIDING = (LET_IN, f"{ext_authz.WORD}_")
"""What the notes begin with that other filters read; all else is a dry run's."""

_SHADOWS = "shadow_matcher"
_EXTERNAL = Unknown("the answer of the external authorizer")


@dataclass(frozen=True, slots=True)
class FilterDecision:
    """What one filter decides: the rule that refuses, else the rule that lets it in.

    `possible` are rules of either kind of which it cannot be told whether they match, `objects`
    those that the filter was made of. `trial` is what rules of a dry run would decide.
    """

    decision: RuleDecision
    let_in_by: str = ""
    possible: tuple[str, ...] = ()
    objects: tuple[ObjectRef, ...] = ()
    trial: RuleDecision | None = None


def decisions(
    config: ProxyConfig, filters: Iterable[AnyFilter], call: CallAttributes
) -> Iterator[FilterDecision]:
    """What each authorization filter of a chain decides, up to the first that refuses.

    What one notes, those behind it read. `possible` are the rules of all filters so far.
    """
    possible: tuple[str, ...] = ()
    for each in filters:
        name = parse_extension(each.name) if each.HasField("config_discovery") else None
        if name is None or not name.word.startswith(_WORDS):
            continue
        objects = config.because(ResourceType.EXTENSION, each.name)
        message = _message(config.extension(each.name))
        if isinstance(message, RbacConfig):
            decided, call = _by_rules(message, call, possible)
            possible = decided.possible
        else:
            decided = FilterDecision(_by_authorizer(message, call), possible=possible)
        yield replace(decided, objects=objects)
        if decided.decision.allowed is False:
            return


def _message(extension: TypedExtensionConfig | None) -> Message | Truth:
    """A filter's configuration, or what is known without: where there is none Envoy answers 500
    and lets nobody in."""
    if extension is None:
        return False
    kind = _KINDS.get(extension.typed_config.type_url)
    if kind is None:
        return Unknown(f"what {extension.typed_config.type_url} decides")
    message: Message = kind.FromString(extension.typed_config.value)
    if isinstance(message, RbacConfig) and (_has(message, "matcher") or _has(message, _SHADOWS)):
        return Unknown("what a matcher tree decides")
    return message


def _by_rules(
    rbac: RbacConfig, call: CallAttributes, possible: tuple[str, ...]
) -> tuple[FilterDecision, CallAttributes]:
    """What rules decide, and the call with what they note of it."""
    shadow = decide(rbac.shadow_rules, call) if _has(rbac, "shadow_rules") else None
    if shadow is not None:
        call = call.with_metadata(_NAMES[type(rbac)], _told(rbac, shadow))
    decision = decide(rbac.rules, call) if _has(rbac, "rules") else RuleDecision(True)
    prefix = rbac.shadow_rules_stat_prefix
    noted = shadow if shadow is not None and prefix in _DECIDING else None
    if rbac.rules.action != RBAC.Action.LOG:
        possible = (*possible, *(noted.possible if noted else ()), *decision.possible)
    if noted is not None and prefix != LET_IN and noted.rule:
        possible = (*possible, noted.rule)  # the authorizer that it is asked by decides
    let_in = shadow.rule if shadow is not None and prefix == LET_IN else ""
    trial = shadow if noted is None else None
    return FilterDecision(decision, let_in, possible, trial=trial), call


def _by_authorizer(message: Message | Truth, call: CallAttributes) -> RuleDecision:
    """What an external authorizer says of a call that a rule in front has noted: nobody knows."""
    if not isinstance(message, ExtAuthz):
        return RuleDecision(message if isinstance(message, bool | Unknown) else True)
    asked = metadata_is(message.filter_enabled_metadata, call.metadata)
    return RuleDecision(True if asked is False else _EXTERNAL)


def _told(rbac: RbacConfig, shadow: RuleDecision) -> Mapping[str, object]:
    """What a filter notes of its shadow rules; the name of a rule only if one matched."""
    prefix, result = rbac.shadow_rules_stat_prefix, shadow.allowed
    answer: object = result if isinstance(result, Unknown) else "allowed" if result else "denied"
    noted = {f"{prefix}shadow_engine_result": answer}
    rule = result if isinstance(result, Unknown) else shadow.rule
    return {**noted, f"{prefix}shadow_effective_policy_id": rule} if rule != "" else noted


def _has(message: Message, field: str) -> bool:
    return message.HasField(field)

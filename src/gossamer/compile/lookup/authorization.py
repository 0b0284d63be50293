"""What objects say of who may call a workload, in the order in which it is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.traffic_targets import traffic_targets_of
from gossamer.compile.lookup.workload_policies import all_that_apply
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of
from gossamer.model.ids import EVERYWHERE
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.workload.authorization import (
    AllOf,
    Attribute,
    Authorization,
    AuthorizationAction,
    AuthorizationRule,
    CallCondition,
    ValueCompare,
    ValueMatch,
)
from gossamer.model.workload.access import TrafficTarget
from gossamer.model.workload.workload_policy import WorkloadPolicy


@dataclass(frozen=True, slots=True)
class DecidingObject:
    """One object that holds for a workload: its action, and its rules by their number."""

    object: ObjectRef
    action: AuthorizationAction
    rules: tuple[tuple[int, AuthorizationRule], ...]


Deciding = tuple[DecidingObject, ...]


def holding(read: TrackedLookup, view: WorkloadView, *, dry_run: bool = False) -> Deciding:
    """The objects that decide for a workload, or those that only would (`dry_run`)."""
    written = (
        DecidingObject(origin.object, each.action, tuple(enumerate(each.rules)))
        for origin, each in _said(read, view)
        if each.dry_run is dry_run
    )
    return (*(() if dry_run else banned(read)), *written)


def banned(read: TrackedLookup) -> Deciding:
    """Bans, as if an object refused each banned identity everywhere: by its name, on connections
    that are open as well, and where no revocation list can be had."""
    bans = read.lookup(tables.BANNED, EVERYWHERE)
    return tuple(_refused(each) for each in bans.identities) if bans else ()


def _refused(identity: str) -> DecidingObject:
    name = identity.removeprefix("spiffe://")
    domain, _, path = name.partition("/")
    who = CallCondition(Attribute.PRINCIPAL, (ValueMatch(ValueCompare.EXACT, name),))
    rule = AuthorizationRule(sources=((who,),))
    ban = ObjectRef("Ban", domain, path.replace("/", "."))
    return DecidingObject(ban, AuthorizationAction.DENY, ((0, rule),))


def _said(
    read: TrackedLookup, view: WorkloadView
) -> Iterator[tuple[WorkloadPolicy | TrafficTarget, Authorization]]:
    yield from all_that_apply(read, Authorization, view)
    yield from traffic_targets_of(read, view.namespace, view.service_account, view.labels)


def for_bytes(each: DecidingObject) -> DecidingObject:
    """The same where no requests are read, as Istio has it.

    A rule that lets calls in matches no connection if anything in it is of requests alone. One that
    refuses matches by what is left of it: rather too much is refused than too little.
    """
    rules = ((index, _FOR_BYTES[each.action](rule)) for index, rule in each.rules)
    kept = tuple((index, rule) for index, rule in rules if rule is not None)
    return DecidingObject(each.object, each.action, kept)


def _whole_or_none(rule: AuthorizationRule) -> AuthorizationRule | None:
    parts = (*rule.sources, *rule.operations, rule.conditions)
    return None if any(each.attribute.of_requests for part in parts for each in part) else rule


def _what_is_left(rule: AuthorizationRule) -> AuthorizationRule:
    return AuthorizationRule(
        tuple(_of_bytes(each) for each in rule.sources),
        tuple(_of_bytes(each) for each in rule.operations),
        _of_bytes(rule.conditions),
        rule.field,
    )


def _of_bytes(conditions: AllOf) -> AllOf:
    return tuple(each for each in conditions if not each.attribute.of_requests)


_FOR_BYTES: Mapping[
    AuthorizationAction, Callable[[AuthorizationRule], AuthorizationRule | None]
] = {
    AuthorizationAction.ALLOW: _whole_or_none,
    AuthorizationAction.DENY: _what_is_left,
    AuthorizationAction.AUDIT: _what_is_left,
    AuthorizationAction.CUSTOM: _whole_or_none,
}


def trust_domains(read: TrackedLookup) -> tuple[str, ...]:
    """Every name of the mesh's trust domain."""
    return settings_of(read).trust_domains


def of_action(every: Deciding, action: AuthorizationAction) -> Iterator[DecidingObject]:
    """Those of an action."""
    return (each for each in every if each.action is action)

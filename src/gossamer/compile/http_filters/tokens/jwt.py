"""Tokens of requests: each that is there must be valid, and a request without one passes.

The filter stands where calls arrive at a workload, and at gateways. It is discovered, and knows
keys by value alone: no proxy asks an issuer. Tokens of an issuer whose keys are not known are
refused, by a fetch that can only fail.

Rules that look at the same places, or write the same headers, are alternatives, and their places
may hold one token together: Envoy is content with the first good one, and would let a forged one
beside it pass to the backend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from envoy.config.route.v3.route_components_pb2 import HeaderMatcher
from envoy.extensions.filters.http.jwt_authn.v3.config_pb2 import (
    JwtAuthentication,
    JwtProvider,
    JwtRequirement,
)

from gossamer.compile.engine.discovered import Discovered
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.http_filters.arriving import where_calls_arrive
from gossamer.compile.http_filters.tokens.kid import without_kid
from gossamer.compile.http_filters.tokens.places import TokenPlace, ambiguous, holding, places_of
from gossamer.compile.lookup.workload_policies import all_that_apply
from gossamer.compile.protos import set_duration
from gossamer.compile.side import Side
from gossamer.contract.cluster_names import BLACKHOLE
from gossamer.contract.envoy_metadata import TOKEN_PAYLOAD
from gossamer.contract.extension_names import ReporterSide
from gossamer.model import tables
from gossamer.model.policies.workload.jwt import Jwt, JwtRule
from gossamer.model.workload.key_set import keys_of

NOBODY = "nobody"
"""The provider whose tokens nobody has: what demands it is refused."""

_WORDS = ("scope", "permission")
_MOST_PLACES = 24


class NamedRule(NamedTuple):
    """A rule under the name of its provider, `NS/OBJECT/INDEX`, and what is known of its keys."""

    name: str
    rule: JwtRule
    keys: str = ""


def request_tokens(read: TrackedLookup, side: Side) -> Discovered | None:
    """The filter of a side: where requests are judged, not where they leave."""
    return where_calls_arrive(side, Jwt.WORD, JwtAuthentication)


def told_of_tokens(
    read: TrackedLookup, view: WorkloadView, reporter: ReporterSide
) -> JwtAuthentication:
    """What the filter is told for a workload: nothing where no object names an issuer."""
    rules = _rules(read, view)
    config = JwtAuthentication()
    if not rules:
        return config
    for each in rules:
        provider = _provider(each)
        provider.clear_route_cache = reporter is ReporterSide.CLIENT
        config.providers[each.name].CopyFrom(provider)
    groups = together(rules)
    config.providers[NOBODY].CopyFrom(_nobody(rules))
    for headers in _refused(groups):
        rule = config.rules.add()
        rule.match.prefix = ""
        rule.match.headers.extend(headers)
        rule.requires.provider_name = NOBODY
    _require(config, rules, groups)
    return config


def _rules(read: TrackedLookup, view: WorkloadView) -> tuple[NamedRule, ...]:
    return tuple(
        NamedRule(
            f"{policy.object.namespace}/{policy.object.name}/{at}",
            rule,
            rule.keys or _fetched(read, rule),
        )
        for policy, jwt in all_that_apply(read, Jwt, view)
        for at, rule in enumerate(jwt.rules)
    )


def _provider(named: NamedRule) -> JwtProvider:
    rule = named.rule
    provider = JwtProvider(
        issuer=rule.issuer,
        audiences=rule.audiences,
        require_expiration=True,
        forward=rule.output.forward,
        from_params=rule.places.params,
        from_cookies=rule.places.cookies,
        forward_payload_header=rule.output.payload_header,
        payload_in_metadata=TOKEN_PAYLOAD,
    )
    _know_keys(provider, named.keys)
    for header in rule.places.headers:
        provider.from_headers.add(name=header.name, value_prefix=header.prefix)
    for name, claim in rule.output.claim_headers:
        provider.claim_to_headers.add(header_name=name, claim_name=claim)
    words = provider.normalize_payload_in_metadata.space_delimited_claims
    words.extend(dict.fromkeys((*_WORDS, *rule.spaced_claims)))
    return provider


def _fetched(read: TrackedLookup, rule: JwtRule) -> str:
    return (read.lookup(tables.JWKS, str(rule.source)) or "") if rule.source else ""


def _know_keys(provider: JwtProvider, keys: str) -> None:
    """Without keys every token is refused: Envoy asks for some in vain."""
    if keys:
        provider.local_jwks.inline_string = keys
        return
    provider.remote_jwks.http_uri.uri = "https://keys.invalid/"
    provider.remote_jwks.http_uri.cluster = BLACKHOLE
    set_duration(provider.remote_jwks.http_uri.timeout, timedelta(seconds=1))


def _nobody(rules: Iterable[NamedRule]) -> JwtProvider:
    """It writes every header that any rule writes, so that all are taken off callers' requests
    first, whichever rule a token is for."""
    provider = JwtProvider(issuer="gossamer:nobody")
    _know_keys(provider, "")
    provider.from_headers.add(name="x-gossamer-nobody")
    for name in sorted({name for each in rules for name in each.rule.output.headers}):
        provider.claim_to_headers.add(header_name=name, claim_name="none")
    return provider


def together(rules: Sequence[NamedRule]) -> list[list[NamedRule]]:
    """The rules in groups that share no place and no header that they write."""
    groups: dict[int, list[NamedRule]] = {}
    group_of: dict[object, int] = {}
    for at, each in enumerate(rules):
        touched = (*places_of(each.rule.places), *each.rule.output.headers)
        near = {group_of[one] for one in touched if one in group_of}
        home = max(sorted(near), key=lambda group: len(groups[group]), default=at)
        members = groups.setdefault(home, [])
        for other in sorted(near - {home}):
            members += _moved(groups.pop(other), group_of, home)
        members.append(each)
        group_of.update(dict.fromkeys(touched, home))
    return list(groups.values())


def _moved(members: list[NamedRule], group_of: dict[object, int], home: int) -> list[NamedRule]:
    """The members of a smaller group, which are of a larger one now."""
    for each in members:
        touched = (*places_of(each.rule.places), *each.rule.output.headers)
        group_of.update(dict.fromkeys(touched, home))
    return members


def _refused(groups: Iterable[list[NamedRule]]) -> Iterator[tuple[HeaderMatcher, ...]]:
    """Requests that are refused whatever their tokens: ambiguous ones, and with several."""
    for group in groups:
        by_place: dict[TokenPlace, list[NamedRule]] = {}
        for each in group:
            for place in places_of(each.rule.places):
                by_place.setdefault(place, []).append(each)
        places = sorted(by_place)
        yield from (ambiguous(place) for place in places)
        yield from (without_kid(place) for place in places if _need_kid(by_place[place]))
        for one, other in combinations(places[:_MOST_PLACES], 2):
            yield holding(one), holding(other)


def _need_kid(rules: Iterable[NamedRule]) -> bool:
    """Whether every issuer of a place whose keys are known has several."""
    known = [each for each in rules if each.keys]
    return bool(known) and all(has_several(each.keys) for each in known)


@lru_cache(maxsize=4096)
def has_several(keys: str) -> bool:
    """Whether a token has to say which of these keys signed it."""
    return len(list(keys_of(keys))) > 1


def _require(
    config: JwtAuthentication, rules: Sequence[NamedRule], groups: Sequence[list[NamedRule]]
) -> None:
    """Of each group a token that is valid, or none."""
    wanted = [_any_or_none(each.name for each in group) for group in groups]
    if any(each.rule.output.headers for each in rules):
        wanted.insert(0, _any_or_none((NOBODY,)))
    rule = config.rules.add()
    rule.match.prefix = ""
    if len(wanted) == 1:
        rule.requires.CopyFrom(wanted[0])
    else:
        rule.requires.requires_all.requirements.extend(wanted)


def _any_or_none(names: Iterable[str]) -> JwtRequirement:
    requirement = JwtRequirement()
    for name in names:
        requirement.requires_any.requirements.add(provider_name=name)
    requirement.requires_any.requirements.add().allow_missing.SetInParent()
    return requirement

"""A caller's identity, as its certificate says it: `spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT`.

Whoever comes without has none: nothing here matches, so that "not one of these" does. Envoy
compares other names of a certificate too, so each pattern is of the whole identity.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from envoy.config.rbac.v3.rbac_pb2 import Principal
from envoy.type.matcher.v3.string_pb2 import StringMatcher

from gossamer.compile.network_filters.rbac.terms import PRINCIPALS
from gossamer.compile.network_filters.rbac.texts import pattern_of, regex
from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.policies.workload.authorization import Attribute, ValueCompare, ValueMatch

_SPIFFE = "spiffe://"
_PART, _SOME_PART = "[^/]*", "[^/]+"

TrustDomains = tuple[str, ...]
"""The mesh's own trust domain and its other names."""


def identity_is(attribute: Attribute, value: ValueMatch, domains: TrustDomains) -> Principal:
    """A caller whose identity, or that part of it, is this."""
    matchers = _MATCHERS[attribute](value, domains)
    return PRINCIPALS.one_of([_authenticated(each) for each in matchers])


def _authenticated(matcher: StringMatcher) -> Principal:
    principal = Principal()
    principal.authenticated.principal_name.CopyFrom(matcher)
    return principal


def _principal(value: ValueMatch, domains: TrustDomains) -> Iterator[StringMatcher]:
    """The mesh's own domain, and `cluster.local`, stand for every name that the domain has."""
    domain, slash, rest = value.text.partition("/")
    ours = bool(slash) and domain in (CLUSTER_DOMAIN, *domains)
    texts = [f"{each}/{rest}" for each in dict.fromkeys(domains)] if ours else [value.text]
    if value.compare is ValueCompare.EXACT:
        yield from (StringMatcher(exact=_SPIFFE + text) for text in texts)
    elif value.compare is ValueCompare.PREFIX:
        yield from (StringMatcher(prefix=_SPIFFE + text) for text in texts)
    else:
        yield regex(_SPIFFE + pattern_of(value, ".*", ".+"))


def _namespace(value: ValueMatch, domains: TrustDomains) -> Iterator[StringMatcher]:
    part = pattern_of(value, _PART, _SOME_PART)
    yield regex(f"{_SPIFFE}{_any(domains)}/ns/{part}/sa/{_SOME_PART}")


def _service_account(value: ValueMatch, domains: TrustDomains) -> Iterator[StringMatcher]:
    """`NAMESPACE/ACCOUNT`; a pattern is of the account's name in any namespace."""
    namespace, _, account = value.text.rpartition("/")
    if value.compare is ValueCompare.EXACT:
        names = (f"{each}/ns/{namespace}/sa/{account}" for each in dict.fromkeys(domains))
        yield from (StringMatcher(exact=_SPIFFE + name) for name in names)
    else:
        part = pattern_of(value, _PART, _SOME_PART)
        yield regex(f"{_SPIFFE}{_any(domains)}/ns/{_SOME_PART}/sa/{part}")


def _trust_domain(value: ValueMatch, domains: TrustDomains) -> Iterator[StringMatcher]:
    yield regex(f"{_SPIFFE}{pattern_of(value, _PART, _SOME_PART)}/.*")


def _any(domains: TrustDomains) -> str:
    names = "|".join(re.escape(each) for each in dict.fromkeys(domains))
    return f"(?:{names})"


_MATCHERS: Mapping[Attribute, Callable[[ValueMatch, TrustDomains], Iterator[StringMatcher]]] = {
    Attribute.PRINCIPAL: _principal,
    Attribute.NAMESPACE: _namespace,
    Attribute.SERVICE_ACCOUNT: _service_account,
    Attribute.TRUST_DOMAIN: _trust_domain,
}

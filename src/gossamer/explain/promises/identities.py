"""Who calls, as languages of what a certificate says: `DOMAIN/ns/NAMESPACE/sa/ACCOUNT`.

What policies say of principals, namespaces and accounts are comparisons of it, and so is whom a
promise means. They read as `compile/network_filters/rbac/identities.py` writes them for Envoy.
"""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_letters, digits

from gossamer.explain.promises.automaton import EVERY, Fragment, characters
from gossamer.explain.promises.languages import language_of
from gossamer.explain.promises.parts import any_of, either, one_after_another, run_of, text
from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.policies.workload.authorization import Attribute, ValueCompare, ValueMatch

IDENTITY = ("identity",)
ATTRIBUTES = frozenset(
    {Attribute.PRINCIPAL, Attribute.NAMESPACE, Attribute.SERVICE_ACCOUNT, Attribute.TRUST_DOMAIN}
)
_LETTERS = characters(ascii_letters + digits + "._-")
_NAME = run_of(any_of(_LETTERS), 1)
_PART = any_of(EVERY & ~characters("/"))


def identity_domain(domains: Iterable[str]) -> Fragment:
    """All identities of these trust domains that a workload can have."""
    return identity(either(*map(text, domains)), _NAME, _NAME)


def identity(domain: Fragment, namespace: Fragment, account: Fragment) -> Fragment:
    """Identities with such parts."""
    return one_after_another(domain, text("/ns/"), namespace, text("/sa/"), account)


def whose(domains: tuple[str, ...], namespace: str, account: str | None = None) -> Fragment:
    """The identities of a namespace, or of one account in it."""
    named = run_of(_PART, 1) if account is None else text(account)
    return identity(either(*map(text, domains)), text(namespace), named)


def identity_language(
    attribute: Attribute, match: ValueMatch, domains: tuple[str, ...]
) -> Fragment:
    """The identities that a comparison takes."""
    ours, some = either(*map(text, domains)), run_of(_PART, 1)
    if attribute is Attribute.NAMESPACE:
        return identity(ours, _part(match), some)
    if attribute is Attribute.TRUST_DOMAIN:
        return one_after_another(_part(match), text("/"), run_of(any_of(EVERY)))
    if attribute is Attribute.SERVICE_ACCOUNT:
        namespace, _, account = match.text.rpartition("/")
        exact = match.compare is ValueCompare.EXACT
        return identity(
            ours, text(namespace) if exact else some, text(account) if exact else _part(match)
        )
    return either(*(language_of(ValueMatch(match.compare, t)) for t in _names(match, domains)))


def _names(match: ValueMatch, domains: tuple[str, ...]) -> list[str]:
    """The mesh's own domain, and `cluster.local`, stand for every name that the domain has."""
    domain, slash, rest = match.text.partition("/")
    if not slash or domain not in (CLUSTER_DOMAIN, *domains) or not _begins(match):
        return [match.text]
    return [f"{each}/{rest}" for each in domains]


def _begins(match: ValueMatch) -> bool:
    return match.compare in (ValueCompare.EXACT, ValueCompare.PREFIX)


def _part(match: ValueMatch) -> Fragment:
    """A comparison of one part, whose wildcard stops at the slash."""
    if match.compare is ValueCompare.PREFIX:
        return one_after_another(text(match.text), run_of(_PART))
    if match.compare is ValueCompare.SUFFIX:
        return one_after_another(run_of(_PART), text(match.text))
    return run_of(_PART, 1) if match.compare is ValueCompare.PRESENT else language_of(match)

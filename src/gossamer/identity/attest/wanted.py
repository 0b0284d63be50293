"""Whom a join token is for, and what a joiner may be given. Pure.

A pattern is one identity, or all of one place: `spiffe://DOMAIN/ns/shop/sa/*`. `*` stands for the
whole last part and nothing else. `agent/HOST` and `NAMESPACE/ACCOUNT` are short for the whole.
"""

from __future__ import annotations

from datetime import timedelta

from gossamer.identity.plan import (
    TRUST_DOMAIN,
    WORKLOAD_LIFETIME,
    SpiffeId,
    Template,
    agent_template,
)

_ANY = "*"


class BadPattern(ValueError):
    """What no token can be for; the text says why and what to write."""


def pattern_of(text: str, domain: str = TRUST_DOMAIN) -> str:
    """A pattern in full. Raises BadPattern."""
    whole = text if "://" in text else _whole(text, domain)
    head, _, last = whole.rpartition("/")
    try:
        identity_of_joiner(f"{head}/any" if last == _ANY else whole, domain)
    except ValueError as error:
        raise BadPattern(
            f"{text[:120]!r} is not a pattern of identities ({error}); nothing was made. Write "
            "agent/HOST, NAMESPACE/ACCOUNT or a SPIFFE id, with * for its last part if need be"
        ) from None
    return whole


def _whole(text: str, domain: str) -> str:
    first, _, last = text.partition("/")
    path = f"gossamer/agent/{last}" if first == "agent" else f"ns/{first}/sa/{last}"
    return f"spiffe://{domain}/{path}"


def fits(pattern: str, spiffe: SpiffeId) -> bool:
    """Whether an identity is one of a pattern's."""
    head, _, last = pattern.rpartition("/")
    return str(spiffe) == pattern or (last == _ANY and str(spiffe).rpartition("/")[0] == head)


def identity_of_joiner(text: str, domain: str = TRUST_DOMAIN) -> SpiffeId:
    """An agent's or a workload's identity in this trust domain; ValueError for any other."""
    spiffe = SpiffeId.parse(text if "://" in text else _whole(text, domain))
    if spiffe.trust_domain != domain:
        raise ValueError(f"its trust domain is not {domain}")
    if spiffe.agent_host is None and spiffe.account is None:
        raise ValueError("it is neither an agent's nor a workload's")
    return spiffe


def joining_template(spiffe: SpiffeId, lifetime: timedelta = WORKLOAD_LIFETIME) -> Template:
    """What a joiner's certificate says; no pod is known, so it names none."""
    if spiffe.agent_host is not None:
        return agent_template(spiffe.agent_host, spiffe.trust_domain)
    return Template(spiffe, (), lifetime)

"""Bans as values: who is refused, since when, until when. Pure.

A ban is of an identity (everything that runs under one service account, or an agent), or of one
pod, whose certificate names it beside the identity that it shares with others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from gossamer.identity.plan import SpiffeId

FOR_GOOD = ""
"""The end of a ban that holds until it is lifted."""

_POD = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class Ban(Struct, frozen=True):
    """One subject, `spiffe://…` or `NS/POD`, refused from `since` to `until` (RFC 3339)."""

    subject: str
    since: str
    until: str = FOR_GOOD

    def holds(self, moment: datetime) -> bool:
        """Whether it is not over yet."""
        return not self.until or moment < datetime.fromisoformat(self.until)


class BadSubject(ValueError):
    """What nobody can be banned by; the text says why, and what to write."""


def subject_of(text: str, trust_domain: str) -> str:
    """Whom a person means, in the one form that is compared. Raises BadSubject."""
    if "://" not in text:
        return _pod(text)
    try:
        spiffe = SpiffeId.parse(text)
    except ValueError as error:
        raise BadSubject(f"{error}; nobody was banned; {_WRITE}") from None
    if spiffe.trust_domain != trust_domain:
        raise BadSubject(
            f"{text} is not of the trust domain {trust_domain!r}, whose certificates this control "
            "plane signs; nobody was banned; ban it where it gets its certificates, or stop "
            "trusting that domain's roots"
        )
    if spiffe == SpiffeId.of_plane(trust_domain):
        raise BadSubject(
            f"{text} is the control plane itself; nobody was banned, for without it no proxy would "
            "learn of a ban; replace a stolen key of it by a new root"
        )
    return str(spiffe)


_WRITE = "write spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/ACCOUNT, or NAMESPACE/POD for one pod alone"


def _pod(text: str) -> str:
    if not _POD.fullmatch(text):
        raise BadSubject(
            f"{text[:80]!r} is neither an identity nor a pod; nobody was banned; {_WRITE}"
        )
    return text


@dataclass(frozen=True, slots=True)
class Bans:
    """All bans that hold at a moment, by subject."""

    of: tuple[Ban, ...] = ()

    def at(self, moment: datetime) -> Bans:
        """Those that are not over."""
        held = tuple(ban for ban in self.of if ban.holds(moment))
        return self if len(held) == len(self.of) else Bans(held)

    def with_ban(self, ban: Ban) -> Bans:
        """These and another; one of the same subject is replaced."""
        return Bans((*self.without(ban.subject).of, ban))

    def without(self, subject: str) -> Bans:
        """These without that of a subject."""
        return Bans(tuple(ban for ban in self.of if ban.subject != subject))

    def refusing(self, spiffe: str, pod: str = "") -> Ban | None:
        """The ban of an identity, or of the pod (`NS/POD`) that bears it."""
        return next((ban for ban in self.of if ban.subject in (spiffe, pod)), None)


def refusal(ban: Ban) -> str:
    """What the banned one is told."""
    until = f"until {ban.until}" if ban.until else "until that is lifted"
    return (
        f"{ban.subject} is banned since {ban.since}, {until}. It is refused. "
        "An operator may lift it: gossamer identity unban"
    )

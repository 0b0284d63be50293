"""The plane's door: who asks, by the socket's peer or by a bearer token, and what they get.

On the Unix socket the kernel says whose process calls: the plane's own user and root operate the
mesh, and the access file may give others a role. A bearer token, ours or an ID token of an issuer
in that file, stands before that, also for them: it narrows what they may do, and a wrong one is
refused instead of being passed over. There is no password and no token from the start.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gossamer.plane.access.actor import Actor, Role, RoleGrant
from gossamer.plane.access.audit import Audit
from gossamer.plane.access.demands import AccessRefused
from gossamer.plane.access.join_desk import JoinDesk
from gossamer.plane.access.people.id_token import BadIdToken, looks_like_one, person_of
from gossamer.plane.access.people.rules import NO_RULES, AccessRules
from gossamer.plane.access.token_store import TokenStore
from gossamer.plane.access.writer import AuditedWriter, Writer
from gossamer.plane.api.facade import PlaneFacade
from gossamer.process.event_log import EventLog

_log = EventLog("gossamer.plane")

OPERATOR = (RoleGrant(Role.OPERATOR),)
_SCHEME = "bearer"
_LONGEST_TOKEN = 16 * 1024

Scoped = Callable[[PlaneFacade, Actor], PlaneFacade]
"""The plane as somebody may see it who does not operate it."""


@dataclass(frozen=True, slots=True)
class Door:
    """How callers are known, and where it is written down what they did."""

    scoped: Scoped
    tokens: TokenStore | None = None
    audit: Audit | None = None
    rules: Callable[[], AccessRules] = lambda: NO_RULES
    clock: Callable[[], float] = time.time
    joining: JoinDesk | None = None

    def actor(self, uid: int, authorization: Sequence[str]) -> Actor:
        """Who asks, by the peer's uid and all Authorization headers. Raises AccessRefused 401."""
        if not authorization:
            owner = uid in (os.geteuid(), 0)
            return Actor(f"uid:{uid}", OPERATOR if owner else self.rules().of_uid(uid))
        scheme, _, text = authorization[0].partition(" ")
        if len(authorization) > 1 or scheme.lower() != _SCHEME or len(text) > _LONGEST_TOKEN:
            raise _unknown(uid, "the Authorization header is not one bearer token")
        text = text.strip()
        if looks_like_one(text):
            return self._person(uid, text)
        actor = self.tokens.actor(text) if self.tokens else None
        if actor is None:
            raise _unknown(uid, "this token is unknown, has expired or was deleted")
        return actor

    def _person(self, uid: int, text: str) -> Actor:
        """Whom an ID token names."""
        try:
            return person_of(text, self.rules(), self.clock())
        except BadIdToken as error:
            raise _unknown(uid, f"this ID token is not believed: {error}") from error

    def may_connect(self, uid: int) -> bool:
        """Whether a user's process is heard at all."""
        return uid in (os.geteuid(), 0) or uid in self.rules().uids

    def plane(self, whole: PlaneFacade, actor: Actor) -> PlaneFacade:
        """The plane as this actor may see it."""
        return whole if actor.operates else self.scoped(whole, actor)

    def writer(self, actor: Actor) -> Writer:
        """On whose behalf changes are made."""
        return AuditedWriter(actor, self.audit)

    async def refused(self, actor: str, verb: str, refusal: AccessRefused) -> None:
        """Write a refusal down, if there is a log; it stands where that fails."""
        if self.audit is None:
            return
        try:
            await self.audit.refused(actor, verb, str(refusal), refusal.objects)
        except OSError as error:
            _log.error("audit-not-written", actor=actor, verb=verb, reason=str(error))


def _unknown(uid: int, why: str) -> AccessRefused:
    return AccessRefused(
        401,
        f"a caller of uid {uid} was not let in: {why}. Nothing was done. Make a token with "
        "`gossamer token create`, or ask without one",
    )

"""Bans and lifts of operators: checked, kept, entered into the mesh, and the streams ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gossamer.identity.issuance.entry import rfc3339
from gossamer.identity.plan import TRUST_DOMAIN
from gossamer.identity.revocation.bans import BadSubject, Ban, subject_of
from gossamer.model.observed import Observed
from gossamer.plane.api.bans import BanBody, BannedShape, BanShape, BansShape, LiftBody
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.observed.bans import BanKeeper
from gossamer.plane.streams.proxies import ConnectedProxies


@dataclass(slots=True)
class BanDesk:
    """Takes one ban or lift after the other."""

    keeper: BanKeeper
    proxies: ConnectedProxies
    trust_domain: str = TRUST_DOMAIN
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ban(self, body: BanBody, enter: Callable[[Observed], None]) -> BannedShape:
        """Refuse a subject from now on. Raises RequestRefused(400, 503)."""
        subject = self._subject(body.subject)
        until = self._until(body.until)
        async with self._turn:
            try:
                enter(await self.keeper.ban(subject, until))
            except OSError as error:
                enter(self.keeper.look())
                self.proxies.refuse_banned()
                raise _not_kept(subject, error) from error
            ended = self.proxies.refuse_banned()
        ban = self.keeper.held.refusing(subject) or Ban(subject, "", until)
        return BannedShape(
            ban.subject,
            ban.since,
            ban.until or None,
            self.keeper.certificates(ban),
            ended,
            self.keeper.listed,
        )

    async def lift(self, body: LiftBody, enter: Callable[[Observed], None]) -> None:
        """Refuse a subject no longer. Raises RequestRefused(400, 404, 503)."""
        subject = self._subject(body.subject)
        async with self._turn:
            try:
                changed = await self.keeper.lift(subject)
            except OSError as error:
                raise _not_kept(subject, error) from error
        if changed is None:
            raise RequestRefused(
                404,
                f"{subject} is not banned, so nothing was lifted; "
                "`gossamer identity bans` lists who is",
            )
        enter(changed)

    def bans(self, revision: int = 0) -> BansShape:
        """Who is refused now; `revision` is the number of the last change."""
        held = [_shape(ban) for ban in self.keeper.held.of]
        addresses = list(self.proxies.banned_addresses()) if held else []
        return BansShape(revision, held, self.keeper.revoked, self.keeper.listed, addresses)

    def _subject(self, text: str) -> str:
        try:
            return subject_of(text, self.trust_domain)
        except BadSubject as bad:
            raise RequestRefused(400, str(bad)) from bad

    def _until(self, text: str) -> str:
        """The end as it is kept, in UTC."""
        if not text:
            return ""
        try:
            end = datetime.fromisoformat(text)
        except ValueError:
            raise _bad_end(text, "is not a time") from None
        if end.tzinfo is None:
            raise _bad_end(text, "names no time zone")
        if end <= self.keeper.now():
            raise _bad_end(text, "is over")
        return rfc3339(end.astimezone(UTC))


def _shape(ban: Ban) -> BanShape:
    return BanShape(ban.subject, ban.since, ban.until or None)


def _bad_end(text: str, why: str) -> RequestRefused:
    return RequestRefused(
        400,
        f"the end of the ban, {text[:60]!r}, {why}; nobody was banned; "
        "write a time to come such as 2026-12-01T00:00:00Z, or leave it out",
    )


def _not_kept(subject: str, error: OSError) -> RequestRefused:
    return RequestRefused(
        503,
        f"the ban of {subject} cannot be kept ({error}), so a restart of the control plane would "
        "forget what was asked; make room beside its store, and ask again",
    )

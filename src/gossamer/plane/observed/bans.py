"""The bans of the mesh: kept on disk, entered as one fact, over when their time is.

The fact holds revocation lists as well, if every root that the mesh trusts is of an issuer that the
plane signs with. Where another's root is trusted there is no list, and whoever is called refuses
by the names alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gossamer.identity.issuance.entry import EventKind, IdentityEvent, rfc3339
from gossamer.identity.issuance.log import IssuanceLog
from gossamer.identity.issuance.reading import entries
from gossamer.identity.issuance.segments import LOG_FOLDER
from gossamer.identity.issuers.issuer import Issuer
from gossamer.identity.revocation.ban_file import read_bans, write_bans
from gossamer.identity.revocation.bans import Ban, Bans
from gossamer.identity.revocation.crl import cover, revocation_lists, revoked_serials
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.observed import Observed
from gossamer.model.workload.banned import Banned
from gossamer.plane.observed.observations import Observations
from gossamer.process.clock import Clock, utc_now
from gossamer.process.event_log import EventLog

SOURCE = "plane/bans"
LOOK_SECONDS = 1.0
"""How often it is looked whether a ban is over, or another root trusted."""

_log = EventLog("gossamer.plane")


@dataclass(frozen=True, slots=True)
class Signing:
    """With what revocation lists are signed, and the roots (PEM) that the mesh trusts now."""

    issuers: Callable[[], tuple[Issuer, ...]]
    trusted: Callable[[], bytes]


@dataclass(slots=True)
class BanKeeper:
    """Everybody who is banned, by the authority's folder."""

    folder: Path
    signing: Signing
    observations: Observations
    now: Callable[[], datetime] = utc_now
    _bans: Bans = field(default_factory=Bans)
    _serials: frozenset[int] = frozenset()
    _listed: tuple[object, ...] = ()
    _lists: bytes = b""

    def recall(self) -> Observed:
        """The bans that outlived the plane. Raises UnreadableBans."""
        self._bans = read_bans(self._file)
        self._serials = self._revoked(self._bans) if self._bans.of else frozenset()
        return self.look()

    @property
    def held(self) -> Bans:
        """Those that hold now."""
        return self._bans.at(self.now())

    @property
    def revoked(self) -> int:
        """How many certificates are refused before their time."""
        return len(self._serials)

    def certificates(self, ban: Ban) -> int:
        """How many certificates of this ban's subject have not ended."""
        return len(self._revoked(Bans((ban,))))

    @property
    def listed(self) -> bool:
        """Whether proxies have revocation lists, so that callers refuse banned servers too."""
        return bool(self._lists)

    def refusing(self, spiffe: str, pod: str = "") -> Ban | None:
        """The ban of an identity or of a pod, if there is one now."""
        return self.held.refusing(spiffe, pod) if self._bans.of else None

    async def ban(self, subject: str, until: str) -> Observed:
        """Refuse a subject; what changes for the mesh. OSError where it cannot be kept: it holds
        all the same, until the plane restarts."""
        ban = Ban(subject, rfc3339(self.now()), until)
        return await self._become("banned", self.held.with_ban(ban), ban)

    async def lift(self, subject: str) -> Observed | None:
        """Refuse it no longer; None if it was not banned."""
        ban = self.held.refusing(subject)
        if ban is None:
            return None
        return await self._become("unbanned", self.held.without(subject), ban)

    async def _become(self, event: EventKind, bans: Bans, ban: Ban) -> Observed:
        if event == "banned":  # before it is kept: from now on nothing is signed for it
            self._bans = bans
            self._serials = await asyncio.to_thread(self._revoked, bans)
        record = IdentityEvent(event, ban.subject, "operator", until=ban.until)
        await asyncio.to_thread(self._keep, bans, record)
        self._bans, self._serials = bans, await asyncio.to_thread(self._revoked, bans)
        _log.warning(f"identity-{event}", subject=ban.subject, until=ban.until or None)
        return self.look()

    def _keep(self, bans: Bans, record: IdentityEvent) -> None:
        write_bans(self._file, bans)
        IssuanceLog(self._log_folder, self.now).append(record)

    def look(self) -> Observed:
        """What changed since the last look: a ban's time is over, or another root is trusted."""
        held = self.held
        if held != self._bans:
            over = [ban.subject for ban in self._bans.of if ban not in held.of]
            _log.info("bans-over", subjects=over)
            self._bans = held
            self._serials = self._revoked(held) if held.of else frozenset()
        facts = {EVERYWHERE: self._banned(held)} if held.of else {}
        return self.observations.take(SOURCE, tables.BANNED, facts)

    def _banned(self, bans: Bans) -> Banned:
        subjects = sorted(ban.subject for ban in bans.of)
        return Banned(
            tuple(each for each in subjects if "://" in each),
            tuple(each for each in subjects if "://" not in each),
            self._lists_now(),
        )

    def _lists_now(self) -> bytes:
        """The lists, signed anew only where something differs: each goes to every proxy."""
        issuers = self.signing.issuers()
        covered = cover(issuers, self.signing.trusted())
        wanted = (self._serials, covered, tuple(each.certificate for each in issuers))
        if wanted != self._listed:
            self._listed = wanted
            now = self.now()
            self._lists = revocation_lists(issuers, self._serials, now) if covered else b""
        return self._lists

    @property
    def _file(self) -> Path:
        return self.folder / "bans.json"

    @property
    def _log_folder(self) -> Path:
        return self.folder / LOG_FOLDER

    def _revoked(self, bans: Bans) -> frozenset[int]:
        return revoked_serials(bans, entries(self._log_folder), self.now())


async def follow_bans(keeper: BanKeeper, clock: Clock, entered: Callable[[Observed], None]) -> None:
    """Let bans end when their time is over, for ever."""
    while True:
        await clock.wait(LOOK_SECONDS)
        changed = keeper.look()
        if changed:
            entered(changed)

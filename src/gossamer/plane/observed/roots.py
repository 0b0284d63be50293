"""The sources of trust roots: what their files say becomes facts of the mesh, with age and lease.

A source whose file is broken or gone says nothing new: its last good roots stay in effect, its age
grows, and a finding tells why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.identity.authority import Authority
from gossamer.identity.system_roots import usual_bundles
from gossamer.identity.trust_bundle import merged, mesh_bundle, public_bundle
from gossamer.model import tables
from gossamer.model.finding import Finding
from gossamer.model.ids import EVERYWHERE, SYSTEM, Key
from gossamer.model.observed import Observed
from gossamer.model.origin import ObjectRef, Origin
from gossamer.plane.observed.bundle_file import BundleFile, BundleProblem, BundleState
from gossamer.plane.observed.observations import Observations
from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog

LOOK_SECONDS = 2.0
"""How often files are looked at. A change is believed when it has rested for one look."""

LEASE_SECONDS = 15.0
"""How long a look is good for: past that, `status` and `check` call the source stale."""

_log = EventLog("gossamer.plane")


_NOTHING = BundleState(None)


@dataclass(slots=True)
class RootSource:
    """One bundle of roots, by the name of its source and the mesh's name for it.

    `own` are roots that are trusted in any case, beside those of the file.
    """

    source: str
    name: str
    file: BundleFile
    observations: Observations
    own: bytes = b""
    trusted: bytes = b""
    problem: BundleProblem | None = None
    last: BundleState = _NOTHING

    def take(self, look: BundleState) -> Observed:
        """The facts that changed by one look at the file; a problem is reported once."""
        changed: Observed = {}
        if look.is_current or not self.observations.knows(self.source):
            changed = self._take(look)
        if look.problem != self.problem:
            self.problem = look.problem
            self._tell(look.problem)
        return changed

    def stand(self, own: bytes) -> Observed:
        """The facts that change because these are trusted in any case from now on."""
        self.own = own
        return self._take(self.last)

    def _take(self, look: BundleState) -> Observed:
        self.last = look
        if look.bundle is None:
            self.trusted = self.own
        else:
            self.trusted = merged(self.own, look.bundle) if self.own else look.bundle
        facts = {self.name: self.trusted} if self.trusted else {}
        changed = self.observations.take(
            self.source, tables.ROOTS, facts, LEASE_SECONDS, at=look.at
        )
        if changed:
            _log.info("roots-trusted", source=self.source, bytes=len(self.trusted))
        return changed

    def _tell(self, problem: BundleProblem | None) -> None:
        if problem is None:
            self.observations.mend(self.source)
            _log.info("roots-readable", source=self.source)
            return
        finding = unusable(self.source, problem)
        self.observations.fail(self.source, finding)
        _log.warning(
            "roots-unusable",
            source=self.source,
            file=str(problem.file),
            reason=problem.what,
            effect=finding.effect,
            remedy=problem.remedy,
        )


def root_sources(
    authority: Authority, observations: Observations, bundle: Path, kept: Path
) -> tuple[RootSource, RootSource]:
    """Who signs the mesh's identities, with `bundle` beside; and who those of the public web.

    `kept` is the folder of last good versions.
    """
    mesh = BundleFile(lambda: (bundle,), mesh_bundle, kept / "roots.last-good.pem")
    web = BundleFile(usual_bundles, public_bundle, kept / "system-roots.last-good.pem")
    own = authority.roots_pem.encode()
    return (
        RootSource("plane/authority", EVERYWHERE, mesh, observations, own),
        RootSource("plane/system-roots", SYSTEM, web, observations),
    )


def look_at_all(sources: Iterable[RootSource]) -> Observed:
    """The facts of every source as the plane starts."""
    observed: dict[Key, Any] = {}
    for source in sources:
        observed.update(source.take(source.file.look()))
        if not source.trusted:
            effect = "TLS to the outside that names no roots of its own fails with status 503"
            remedy = "install ca-certificates, or name a bundle in SSL_CERT_FILE"
            _log.warning("no-system-roots", effect=effect, remedy=remedy)
    return observed


async def follow(
    sources: Sequence[RootSource], clock: Clock, entered: Callable[[Observed], None]
) -> None:
    """Look at the files for ever, and let in what changed. A slow disk keeps nobody waiting."""
    while True:
        await clock.wait(LOOK_SECONDS)
        for source in sources:
            before = source.problem
            changed = source.take(await asyncio.to_thread(source.file.look))
            if changed or source.problem != before:
                entered(changed)


def unusable(source: str, problem: BundleProblem) -> Finding:
    """The finding on a file whose roots cannot be believed."""
    return Finding(
        Origin(ObjectRef("TrustBundle", "", source), file=str(problem.file)),
        f"the bundle of roots {problem.what}",
        "nothing of it is used; the last good version stays in effect, if there is one",
        problem.remedy,
        "unusable-roots",
    )

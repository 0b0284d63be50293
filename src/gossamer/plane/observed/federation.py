"""Federated trust domains: a file for each, looked at again and again, its last good version kept.

`federation/DOMAIN.json` in the authority's folder holds that domain's bundle in the SPIFFE format,
`DOMAIN.pem` its roots, and `DOMAIN.url` says where the bundle is fetched (`federation_fetch.py`).
A broken file changes nothing; a file that is gone for two looks ends the federation, for that is
how one ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from gossamer.identity.federation.bundle import check_domain, foreign_roots
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE
from gossamer.model.observed import Observed
from gossamer.model.workload.federated_domain import FederatedDomain
from gossamer.plane.observed.bundle_file import BundleFile, BundleProblem, BundleState
from gossamer.plane.observed.observations import Observations
from gossamer.plane.observed.roots import LEASE_SECONDS, LOOK_SECONDS, unusable
from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder

SOURCE = "plane/federation"
KEPT = "last-good"
"""The folder of last good versions, inside."""

FETCHED = ".fetched.json"
"""How the file of a bundle ends that was fetched from the URL in `DOMAIN.url`."""

_SUFFIXES = (".json", ".pem")
_URL = ".url"
_log = EventLog("gossamer.plane")


@dataclass(slots=True)
class FederationFolder:
    """The files of federated domains, and what was good in them last."""

    folder: Path
    own: Callable[[], tuple[str, ...]]
    _files: dict[str, BundleFile] = field(default_factory=dict)
    _seen: frozenset[str] = frozenset()

    def look(self) -> dict[str, BundleState]:
        """Each domain's file as it is now. Not on an event loop."""
        present, before = self._present(), self._seen
        self._seen = present
        if present:
            private_folder(self.folder / KEPT)
        for gone in self._files.keys() - present - before:
            del self._files[gone]
            self._kept(gone).unlink(missing_ok=True)
            (self.folder / KEPT / f"{gone}{FETCHED}").unlink(missing_ok=True)
        for name in sorted(present - self._files.keys()):
            paths = [self.folder / f"{name}{suffix}" for suffix in _SUFFIXES]
            paths.append(self.folder / KEPT / f"{name}{FETCHED}")
            read = partial(self._read, name)
            self._files[name] = BundleFile(partial(tuple, paths), read, self._kept(name))
        return {name: file.look() for name, file in sorted(self._files.items())}

    def _present(self) -> frozenset[str]:
        try:
            files = list(self.folder.iterdir())
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            _log.warning("federation-unreadable", folder=str(self.folder), reason=str(error))
            return self._seen
        shown = (each for each in files if not each.name.startswith("."))
        return frozenset(each.stem for each in shown if each.suffix in (*_SUFFIXES, _URL))

    def _read(self, name: str, data: bytes) -> bytes:
        check_domain(name, self.own())
        return foreign_roots(data)

    def _kept(self, name: str) -> Path:
        return self.folder / KEPT / f"{name[:200]}.pem"


@dataclass(slots=True)
class FederationSource:
    """What the files say, as one fact of the mesh."""

    files: FederationFolder
    observations: Observations
    problem: BundleProblem | None = None
    unfetched: Callable[[], Iterable[BundleProblem]] = tuple

    def take(self, looks: dict[str, BundleState]) -> Observed:
        """The facts that changed by a look; a problem is reported once."""
        domains = tuple(
            FederatedDomain(name, look.bundle) for name, look in looks.items() if look.bundle
        )
        facts = {EVERYWHERE: domains} if domains else {}
        changed = self.observations.take(SOURCE, tables.FEDERATION, facts, LEASE_SECONDS)
        if changed:
            _log.info("federation", domains=[each.name for each in domains])
        of_files = (look.problem for look in looks.values() if look.problem)
        problem = next(chain(of_files, self.unfetched()), None)
        if problem != self.problem:
            self.problem = problem
            self._tell(problem)
        return changed

    def _tell(self, problem: BundleProblem | None) -> None:
        if problem is None:
            self.observations.mend(SOURCE)
            return
        self.observations.fail(SOURCE, unusable(SOURCE, problem))
        _log.warning("federation-unusable", file=str(problem.file), reason=problem.what)


async def follow_federation(
    source: FederationSource, clock: Clock, entered: Callable[[Observed], None]
) -> None:
    """Look at the files for ever, beside the event loop, and let in what changed."""
    while True:
        await clock.wait(LOOK_SECONDS)
        before = source.problem
        changed = source.take(await asyncio.to_thread(source.files.look))
        if changed or source.problem != before:
            entered(changed)

"""Bundles of federated domains that are fetched: `federation/DOMAIN.url` says where, by https.

Each domain is asked for itself, as often as its bundle says. What came and is good is written where
the files are looked at, so a domain that does not answer keeps its last good roots, over restarts
too, and a finding says why nothing newer came.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from gossamer.identity.federation.bundle import foreign_roots, refresh_hint
from gossamer.identity.trust_bundle import BadBundle
from gossamer.plane.observed.bundle_file import BundleProblem
from gossamer.plane.observed.federation import FETCHED, KEPT
from gossamer.plane.observed.token_keys.fetch import FetchFailed
from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder, write_atomic
from gossamer.process.trusted_file import UnfitFile, read_trusted

LOOK_SECONDS = 2.0
PATIENCE = timedelta(seconds=10)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
"""Between two fetches, whatever a bundle asks for; the shortest also after a failure."""

_LONGEST_URL = 2048
_log = EventLog("gossamer.plane")

Ask = Callable[[str, timedelta], Awaitable[bytes]]
"""The body behind a URL. Raises FetchFailed."""


@dataclass(slots=True)
class BundleFetcher:
    """Fetches for the domains that have a URL; `problems` are why some have nothing newer."""

    folder: Path
    ask: Ask
    problems: dict[str, BundleProblem] = field(default_factory=dict)
    _due: dict[str, datetime] = field(default_factory=dict)

    async def run(self, clock: Clock) -> None:
        """Look and fetch for ever."""
        while True:
            await self.fetch(clock.now())
            await clock.wait(LOOK_SECONDS)

    async def fetch(self, now: datetime) -> None:
        """Fetch what is due, all at once."""
        files = await asyncio.to_thread(self._files)
        names = {path.stem for path in files}
        for gone in (self._due.keys() | self.problems.keys()) - names:
            self._due.pop(gone, None)
            self.problems.pop(gone, None)
        due = [path for path in files if now >= self._due.get(path.stem, now)]
        await asyncio.gather(*(self._one(path, now) for path in due))

    def _files(self) -> list[Path]:
        try:
            return sorted(self.folder.glob("*.url"))
        except OSError:
            return []

    async def _one(self, path: Path, now: datetime) -> None:
        """Fetch one bundle, and keep it if it is good."""
        name, again = path.stem, SHORTEST
        try:
            data = await self.ask(_url_in(path), PATIENCE)
            foreign_roots(data)
            again = min(LONGEST, max(SHORTEST, refresh_hint(data)))
            await asyncio.to_thread(self._keep, name, data)
            self.problems.pop(name, None)
        except (FetchFailed, BadBundle) as error:
            self._tell(name, BundleProblem(path, f"cannot be fetched: {error}", error.remedy))
        except (OSError, UnfitFile) as error:
            self._tell(name, BundleProblem(path, f"cannot be used: {error}", "Look at the file"))
        self._due[name] = now + again

    def _keep(self, name: str, data: bytes) -> None:
        path = private_folder(self.folder / KEPT) / f"{name}{FETCHED}"
        if not path.exists() or path.read_bytes() != data:
            write_atomic(path, data)

    def _tell(self, name: str, problem: BundleProblem) -> None:
        if self.problems.get(name) != problem:
            self.problems[name] = problem
            _log.warning("bundle-not-fetched", domain=name, reason=problem.what)


def _url_in(path: Path) -> str:
    """The one URL in a file. Raises BadBundle, and what reading the file raises."""
    text = read_trusted(path, _LONGEST_URL).decode("ascii", "replace").strip()
    try:
        url = urlsplit(text)
        is_https = url.scheme == "https" and bool(url.hostname) and (url.port or 443) > 0
    except ValueError:
        is_https = False
    if not is_https or url.username is not None or not text.isprintable() or " " in text:
        raise BadBundle(
            "the file does not hold one https URL",
            "Write the URL of that domain's bundle endpoint, and nothing else",
        )
    return text

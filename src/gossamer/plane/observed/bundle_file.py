"""A bundle of roots on disk, looked at again and again, with its last good version beside it.

A file that changed is read once it has rested from one look to the next, so one that is just being
written is left in peace. Broken or gone, the last good version stays, over restarts too: it is
kept in a file of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from gossamer.identity.trust_bundle import LARGEST_BUNDLE, BadBundle
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_private
from gossamer.process.trusted_file import Mark, UnfitFile, mark_of, read_trusted

_log = EventLog("gossamer.plane")

Versions = tuple[tuple[Path, Mark | None], ...]


@dataclass(frozen=True, slots=True)
class BundleProblem:
    """Why a file cannot be used as it stands."""

    file: Path
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class BundleState:
    """What one look saw: the last good bundle, since when it is known, and what is wrong now.

    `is_current` says that the bundle is what is on disk at this moment.
    """

    bundle: bytes | None
    at: float | None = None
    problem: BundleProblem | None = None
    is_current: bool = False


class BundleFile:
    """The first good bundle among some paths, best path first."""

    def __init__(
        self,
        paths: Callable[[], Iterable[Path]],
        read: Callable[[bytes], bytes],
        kept: Path,
    ) -> None:
        """`read` checks a bundle (BadBundle); `kept` is where its last good version is kept."""
        self._paths, self._read, self._kept = paths, read, kept
        self._before: Versions | None = None
        self._seen: Versions | None = None
        self._file: Path | None = None
        self._last = self._recall()

    def look(self) -> BundleState:
        """Look at the disk, which may take its time: not on an event loop."""
        versions = tuple((path, mark_of(path)) for path in self._paths())
        if self._is_moving(versions):
            self._last = BundleState(self._last.bundle, self._last.at, self._last.problem)
        elif versions != self._seen or self._last.problem is not None:
            self._last, self._seen = self._look_into(), versions
        else:
            self._last = BundleState(self._last.bundle, is_current=True)
        return self._last

    def _is_moving(self, versions: Versions) -> bool:
        """Whether a file differs from the look before; at the first look nothing does."""
        before, self._before = self._before, versions
        return before is not None and before != versions

    def _look_into(self) -> BundleState:
        problem: BundleProblem | None = None
        for path in self._paths():
            try:
                bundle = self._read(read_trusted(path, LARGEST_BUNDLE))
            except FileNotFoundError:
                continue
            except UnfitFile as error:
                remedy = (
                    "Give it to the user of the control plane or to root, "
                    "and let no other user write it"
                )
                problem = problem or BundleProblem(path, str(error), remedy)
            except BadBundle as error:
                problem = problem or BundleProblem(path, str(error), error.remedy)
            else:
                self._keep(bundle)
                self._file = path
                return BundleState(bundle, is_current=True)
        return self._without(problem)

    def _without(self, problem: BundleProblem | None) -> BundleState:
        if problem is None and self._last.bundle is None:
            return BundleState(None, is_current=True)
        gone = BundleProblem(
            self._file or next(iter(self._paths())),
            "is gone",
            "Put it back; to trust fewer roots, write it with those that are left",
        )
        return BundleState(self._last.bundle, self._last.at, problem or gone)

    def _recall(self) -> BundleState:
        """The last good version of former lives, and when it was written."""
        try:
            at = self._kept.stat().st_mtime
            return BundleState(self._read(read_trusted(self._kept, LARGEST_BUNDLE)), at)
        except FileNotFoundError:
            return BundleState(None)
        except (OSError, UnfitFile, BadBundle) as error:
            _log.warning("last-good-roots-unreadable", file=str(self._kept), reason=str(error))
            return BundleState(None)

    def _keep(self, bundle: bytes) -> None:
        if bundle == self._last.bundle:
            return
        try:
            write_private(self._kept, bundle)
        except OSError as error:
            effect = "after a restart the plane knows no last good version of it"
            _log.warning("roots-not-kept", file=str(self._kept), reason=str(error), effect=effect)

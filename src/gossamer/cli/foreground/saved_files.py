"""Whether the files of a command were saved: looked at again and again, until they hold still.

Editors save in many ways: over the old file, by a new one that takes its name, by a file that is
first empty. So what counts is names, sizes, times and inodes, and a change counts once nothing has
moved for a moment; longer where a file is missing, which may just be on its way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gossamer.lab.lab_file import LAB_FILE
from gossamer.render.given import Inputs

SETTLED_S = 0.4
MISSING_S = 2.0
_MOST_FILES = 20_000
_PASSING = ("~", ".swp", ".swx", ".tmp", ".bak", "#")

State = dict[str, tuple[int, int, int]]


class SavedFiles:
    """The files under what was given, as they were when they were last applied."""

    def __init__(self, given: Inputs, now: Callable[[], float]) -> None:
        self._places = (*given.paths, *given.kustomized)
        self._now = now
        self._applied = self._seen = state_of(self._places)
        self._since = now()

    def settled_change(self) -> bool:
        """Whether something was saved since the last time that this was true."""
        state = state_of(self._places)
        if state != self._seen:
            self._seen, self._since = state, self._now()
        patience = MISSING_S if self._applied.keys() - state.keys() else SETTLED_S
        if state == self._applied or self._now() - self._since < patience:
            return False
        self._applied = state
        return True


def state_of(places: Iterable[str]) -> State:
    """Size, time and inode of each file that is there."""
    state: State = {}
    for path in _files(places):
        try:
            seen = path.stat()
        except OSError:
            continue
        state[str(path)] = (seen.st_size, seen.st_mtime_ns, seen.st_ino)
        if len(state) >= _MOST_FILES:
            break
    return state


def _files(places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        if os.path.isdir(place):
            for folder, folders, names in os.walk(place):
                folders[:] = [name for name in folders if not name.startswith(".")]
                yield from (Path(folder, name) for name in names if not _is_passing(name))
        elif place != "-":
            yield Path(place)
            yield Path(place).parent / LAB_FILE


def _is_passing(name: str) -> bool:
    """Whether it is an editor's own, and no file of the user's."""
    return name.startswith((".", "#")) or name.endswith(_PASSING)


def half_saved(before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> list[str]:
    """The files that had text and are empty now: an editor may have begun to write them."""
    had = {name for name, text in before if text.strip()}
    return [name for name, text in after if name in had and not text.strip()]

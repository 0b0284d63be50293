"""`up --watch`: files that are saved are applied; half-saved ones change nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from gossamer.cli.error import CliError
from gossamer.cli.foreground.again import apply_again
from gossamer.cli.foreground.saved_files import SavedFiles, half_saved
from gossamer.cli.terminal.output import say
from gossamer.lab.files import Files
from gossamer.lab.home import LabFolder, state_home
from gossamer.lab.start import LabError, attach
from gossamer.plane.client import PlaneRefused, PlaneUnreachable
from gossamer.render.given import Inputs


class ApplyOnSave:
    """Looks at the files of a lab and applies what was saved."""

    def __init__(
        self,
        lab: LabFolder,
        given: Inputs,
        files: Files,
        read: Callable[[], Files],
        *,
        prune: bool,
    ) -> None:
        self._lab = lab
        self._saved = SavedFiles(given, time.monotonic)
        self._files = files
        self._read = read
        self._prune = prune

    def look(self) -> None:
        """Apply once what was saved holds still. What cannot be applied is told, and waits for
        the next save; the lab stays as it is meanwhile."""
        if not self._saved.settled_change():
            return
        try:
            self._apply(self._read())
        except (CliError, LabError, PlaneRefused, PlaneUnreachable) as problem:
            say(f"gossamer: {problem}; the lab stays as it is until the next save", err=True)

    def _apply(self, files: Files) -> None:
        if empty := half_saved(self._files.manifests, files.manifests):
            say(
                f"gossamer: {', '.join(empty)} is empty, which may be half of a save; nothing was "
                "applied. Save it again, or delete the file if nothing of it is wanted",
                err=True,
            )
            return
        say("gossamer | saved files are applied", err=True)
        handle = attach(self._lab.name, state_home(os.environ))
        apply_again(handle, files, prune=self._prune)
        self._files = files

"""The real files behind a rendering: read within the caps, and never outside what is named."""

from __future__ import annotations

import os

from gossamer.store.paths import PathProblem, read_file


class LocalFiles:
    """Files and folders of this machine."""

    def read(self, path: str) -> bytes:
        """A file's bytes. Raises OSError."""
        if not os.path.isfile(path):
            with open(path, "rb"):  # what is missing or closed to us says so itself
                raise IsADirectoryError(0, "not a file", path)
        try:
            return read_file(path)
        except PathProblem as problem:
            raise OSError(0, str(problem), path) from problem

    def is_folder(self, path: str) -> bool:
        """Whether a folder is there."""
        return os.path.isdir(path)

    def files_beside(self, path: str) -> tuple[str, ...]:
        """The files in the folder of a path."""
        folder = os.path.dirname(path)
        try:
            return tuple(os.path.join(folder, name) for name in sorted(os.listdir(folder or ".")))
        except OSError:
            return ()

    def is_inside(self, path: str, folder: str) -> bool:
        """Whether a path is in the folder or below it, links followed."""
        real, root = os.path.realpath(path), os.path.realpath(folder)
        return os.path.commonpath((real, root)) == root

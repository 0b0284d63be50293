"""The manifest files that a person names: files, folders, and `-` for standard input."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gossamer.manifests.origins import voided
from gossamer.manifests.yaml.caps import CAPS

SUFFIXES = (".yaml", ".yml", ".json")
_MOST_FILES = 10_000
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class PathProblem(Exception):
    """A named path cannot be read. The message says who, what, effect and remedy."""


@dataclass(frozen=True, slots=True)
class File:
    """One file's name as it is shown, and its bytes; `in_folder` if found below a folder."""

    name: str
    raw: bytes
    in_folder: bool = False


def read_paths(paths: Iterable[str]) -> tuple[File, ...]:
    """Every manifest file in the paths, folders walked in the order of names, each file once.

    Raises PathProblem for what does not exist, cannot be read or is too big.
    """
    files: dict[str, File] = {}
    for path in paths:
        for name in _walk(path):
            if len(files) >= _MOST_FILES:
                raise PathProblem(
                    f"{path}: more than {_MOST_FILES} files. Nothing is read. Name fewer folders"
                )
            identity = name if name == "-" else os.path.realpath(name)
            if identity not in files:
                files[identity] = File(name, read_file(name), name != path)
    return tuple(files.values())


def files_in(folder: str) -> Iterator[str]:
    """The manifest files in a folder and its folders, hidden ones left out, in a fixed order."""

    def refuse(error: OSError) -> None:
        raise PathProblem(_cannot(str(error.filename), error)) from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(place, name)


def _walk(path: str) -> Iterator[str]:
    if os.path.isdir(path):
        names = tuple(files_in(path))
        if not names:
            raise PathProblem(
                f"{path}: no {', '.join(SUFFIXES)} file in this folder. Nothing is read. "
                "Name a folder that has manifests"
            )
        yield from names
    elif _ADDRESS.match(path):
        raise PathProblem(
            f"{path}: an address of another machine, and nothing is fetched. Nothing is read. "
            f"Fetch it, look at it, and name the file: curl -fsSLO {path}"
        )
    elif path == "-" or os.path.exists(path):
        yield path
    else:
        raise PathProblem(f"{path}: no such file or folder. Nothing is read. Check the spelling")


def read_file(name: str) -> bytes:
    """One file's bytes, or standard input for `-`. Raises PathProblem."""
    try:
        if name == "-":
            raw = sys.stdin.buffer.read(CAPS.file_bytes + 1)
        else:
            with Path(name).open("rb") as file:
                raw = file.read(CAPS.file_bytes + 1)
    except OSError as error:
        raise PathProblem(_cannot(name, error)) from error
    if len(raw) > CAPS.file_bytes:
        raise PathProblem(
            f"{name}: bigger than {CAPS.file_bytes} bytes. Nothing is read. Split the file"
        )
    return voided(raw)


def _cannot(name: str, error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{name}: {reason}. Nothing is read. Make it readable for this user"

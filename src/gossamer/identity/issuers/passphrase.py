"""The passphrase under which an authority's private key rests: never written, only where it is.

`file:PATH` or `env:VARIABLE`, as openssl takes them, so that no setting and no list of processes
holds the passphrase itself.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from gossamer.process.trusted_file import UnfitFile, read_trusted

PASSPHRASE_VARIABLE = "GOSSAMER_AUTHORITY_PASSPHRASE"
"""Says where the passphrase is, where no flag does."""

_LONGEST = 1024


class NoPassphrase(Exception):
    """A passphrase that was named and cannot be had; the text says what to do."""


def passphrase_at(place: str, environ: MutableMapping[str, str]) -> bytes | None:
    """The passphrase; None where no place is named. A variable is taken out of the environment, so
    that no child has it. Raises NoPassphrase."""
    if not place:
        return None
    kind, _, name = place.partition(":")
    if kind == "file" and name:
        text = _read(Path(name))
    elif kind == "env" and name:
        text = environ.pop(name, "").encode()
    else:
        raise NoPassphrase(
            f"{place!r:.80} does not say where the authority's passphrase is. Nothing is started. "
            "Write file:PATH or env:VARIABLE"
        )
    if not text:
        raise NoPassphrase(f"{place} holds no passphrase. Nothing is started. Write one there")
    return text


def _read(path: Path) -> bytes:
    """Its first line, as openssl reads it."""
    try:
        return read_trusted(path, _LONGEST).split(b"\n", 1)[0].rstrip(b"\r")
    except (UnfitFile, OSError) as error:
        why = str(error) if isinstance(error, UnfitFile) else f"cannot be read: {error.strerror}"
        raise NoPassphrase(
            f"The authority's passphrase file {path} {why}. Nothing is started. "
            "Give it to this user, mode 0600"
        ) from error

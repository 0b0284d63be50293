"""Where bans are kept, so that they outlive the plane: one private file, replaced whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from gossamer.identity.revocation.bans import Ban, Bans
from gossamer.process.private_files import write_private

SCHEMA = 1


class UnreadableBans(Exception):
    """The file of bans cannot be used; the text says what to do."""


class KeptBans(Struct, frozen=True):
    """The bans as they stand on disk."""

    schema: int
    bans: tuple[Ban, ...]


def read_bans(path: Path) -> Bans:
    """The bans that are kept. Raises UnreadableBans: without them, banned ones would be let in."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=KeptBans)
        if kept.schema != SCHEMA:
            raise ValueError(f"schema {kept.schema} is not {SCHEMA}")
    except FileNotFoundError:
        return Bans()
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise UnreadableBans(
            f"The bans in {path} cannot be read: {error}. The control plane does not start, since "
            "it would let in whom somebody banned. Restore the file from a backup, or remove it "
            "and ban anew: `gossamer identity log` shows who was."
        ) from error
    return Bans(kept.bans)


def write_bans(path: Path, bans: Bans) -> None:
    """Keep these, durably, in place of those before."""
    write_private(path, msgspec.json.encode(KeptBans(SCHEMA, bans.of)) + b"\n")

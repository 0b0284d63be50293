"""The last good keys of each source on disk, so that a restarted plane knows them at once."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2s
from pathlib import Path

import msgspec

from gossamer.model.policies.workload.jwt import KeySource
from gossamer.model.workload.key_set import BadKeySet, read_key_set
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder, write_private
from gossamer.process.trusted_file import UnfitFile, read_trusted

SCHEMA = 1
_MOST = 1024 * 1024
_log = EventLog("gossamer.plane")


class KeptKeys(msgspec.Struct, frozen=True):
    """A source's last good keys, and when they were fetched."""

    schema: int
    url: str
    discovered_for: str
    at: float
    keys: str

    @property
    def source(self) -> KeySource:
        """Where they came from."""
        return KeySource(self.url, self.discovered_for)


class KeptKeySets:
    """One file a source, in a folder of the plane's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> Iterator[KeptKeys]:
        """Those that can be read; a broken file is as good as none."""
        for file in sorted(self._folder.glob("*.json")):
            try:
                kept = msgspec.json.decode(read_trusted(file, _MOST), type=KeptKeys)
                read_key_set(kept.keys, secret=False)
            except (OSError, ValueError, UnfitFile, BadKeySet) as error:
                _log.warning("last-good-keys-unreadable", file=str(file), reason=str(error))
                continue
            if kept.schema == SCHEMA:
                yield kept

    def keep(self, source: KeySource, keys: str, at: float) -> None:
        """Write them; a full disk costs the memory of them, no more."""
        kept = KeptKeys(SCHEMA, source.url, source.discovered_for, at, keys)
        try:
            private_folder(self._folder)
            write_private(self._file(source), msgspec.json.encode(kept))
        except OSError as error:
            effect = "after a restart the plane does not know the keys until it has fetched them"
            _log.warning("keys-not-kept", source=str(source), reason=str(error), effect=effect)

    def forget(self, source: KeySource) -> None:
        """Remove those of a source that no object asks for any more."""
        self._file(source).unlink(missing_ok=True)

    def _file(self, source: KeySource) -> Path:
        name = blake2s(repr(source).encode(), digest_size=16).hexdigest()
        return self._folder / f"{name}.json"

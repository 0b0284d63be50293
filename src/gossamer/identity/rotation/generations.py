"""An authority's issuers on disk, by number, and how far a rotation of them is.

Number 0 is what the folder itself holds; every later one has a folder of its own below
`generations/`, laid out alike. `rotation.json` is written before each step and says all that the
next process has to know: what it names is there, and what it no longer names may go.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from gossamer.identity.issuers.folder import BrokenAuthority, IssuerFolder
from gossamer.identity.issuers.issuer import Issuer
from gossamer.identity.issuers.layouts import BadAuthority, read_handed_in
from gossamer.identity.issuers.standing import Standing
from gossamer.identity.plan import TRUST_DOMAIN
from gossamer.identity.rotation.plan import SCHEMA, Rotation
from gossamer.process.clock import utc_now
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder, write_private

STATE_FILE = "rotation.json"
FOLDER = "generations"

_ROTATED_AWAY = {
    "what": "the authority that is handed in was exchanged by a rotation",
    "effect": "it is passed over; the one that took its place signs",
    "remedy": "name the next authority's folder, or none",
}
_log = EventLog("gossamer.identity")


def believed_roots(folder: Path) -> str:
    """The roots that peers believe, as the folder says without opening a key (PEM).

    Raises OSError, and BrokenAuthority where the record of a rotation cannot be read.
    """
    generations = Generations(folder)
    places = (generations.place(number) for number in generations.read().trusted)
    return "".join((place / "root.pem").read_text() for place in places)


class Generations:
    """The issuers of the authority in `folder`."""

    def __init__(
        self,
        folder: Path,
        trust_domain: str = TRUST_DOMAIN,
        now: Callable[[], datetime] = utc_now,
        passphrase: bytes | None = None,
    ) -> None:
        self._passphrase = passphrase
        self._folder = folder
        self._trust_domain = trust_domain
        self._now = now
        self._known: dict[int, Issuer] = {}

    def read(self) -> Rotation:
        """How far a rotation is. Raises BrokenAuthority where that cannot be read."""
        path = self._folder / STATE_FILE
        try:
            rotation = msgspec.json.decode(path.read_bytes(), type=Rotation)
            if rotation.schema != SCHEMA:
                raise ValueError(f"schema {rotation.schema} is not {SCHEMA}")
        except FileNotFoundError:
            return Rotation()
        except (OSError, ValueError) as error:
            raise BrokenAuthority(
                f"{path} cannot be used: {error}. Nobody knows which issuer signs, so no "
                "certificate can be signed. Restore the folder from a backup"
            ) from error
        return rotation

    def write(self, rotation: Rotation) -> None:
        """Remember a step before it is taken."""
        write_private(self._folder / STATE_FILE, msgspec.json.encode(rotation) + b"\n")

    def standing(self, rotation: Rotation) -> Standing:
        """Who signs and whose roots are believed at that step. Raises BrokenAuthority."""
        believed = tuple(self.issuer(number) for number in rotation.trusted)
        return Standing(self.issuer(rotation.signer), self.issuer(rotation.server), believed)

    def issuer(self, number: int) -> Issuer:
        """The issuer of that number; one that was never finished is made now."""
        if number not in self._known:
            self._known[number] = self._open(number)
        return self._known[number]

    def forget(self, number: int) -> None:
        """Destroy the key of an issuer that nobody believes any more; its root stays to be read."""
        self._known.pop(number, None)
        for key in self.place(number).glob("*.key"):
            key.unlink()

    def adopt(self, number: int, source: Path) -> None:
        """Take the issuer in another folder as that number; BrokenAuthority if it is not one."""
        try:
            issuer = read_handed_in(source, self._trust_domain, self._now(), self._passphrase)
        except BadAuthority as bad:
            raise BrokenAuthority(str(bad)) from bad
        private_folder(self._folder / FOLDER)
        self._at(number).keep(issuer)

    def take(self, handed_in: Issuer) -> None:
        """Sign with an issuer that was handed in: the first one, or a renewed one under a root that
        peers believe. Raises BrokenAuthority for another root."""
        rotation = self.read()
        for number in rotation.trusted:
            if self._at(number).has_root(handed_in.root):
                self._at(number).keep(handed_in)
                return
        for number in range(rotation.generation):
            if self._at(number).has_root(handed_in.root):
                # Its flag outlived it: a plane that ended on its own comes back all the same.
                _log.warning("authority-rotated-away", **_ROTATED_AWAY)
                return
        self._at(rotation.signer).take(handed_in)

    def clear(self, number: int) -> None:
        """Nothing of that number is there, so that it is made anew."""
        self._known.pop(number, None)
        if number:
            shutil.rmtree(self.place(number), ignore_errors=True)

    def place(self, number: int) -> Path:
        """The folder of an issuer."""
        return self._folder / FOLDER / str(number) if number else self._folder

    def _open(self, number: int) -> Issuer:
        if number:
            private_folder(self._folder / FOLDER)
        return self._at(number).open(self._now())

    def _at(self, number: int) -> IssuerFolder:
        return IssuerFolder(self.place(number), self._trust_domain, self._passphrase)

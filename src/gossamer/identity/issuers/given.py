"""What a control plane is given as its authority: a folder, a passphrase, both or neither."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gossamer.identity.issuers.folder import BrokenAuthority
from gossamer.identity.issuers.issuer import Issuer
from gossamer.identity.issuers.layouts import BadAuthority, read_handed_in
from gossamer.identity.issuers.passphrase import NoPassphrase, passphrase_at
from gossamer.identity.plan import TRUST_DOMAIN

AUTHORITY_VARIABLE = "GOSSAMER_AUTHORITY"
"""The folder of an authority that is handed in, where no flag names one."""

UNUSABLE = (BrokenAuthority, BadAuthority, NoPassphrase)
"""What is raised where it cannot be used; each text says why and what to do."""


@dataclass(frozen=True, slots=True)
class AuthorityGiven:
    """The folder of an issuer, if one is handed in, and where the passphrase of keys is."""

    source: Path | None = None
    passphrase_at: str = ""

    def passphrase(self, environ: MutableMapping[str, str]) -> bytes | None:
        """The passphrase of keys, if there is one. Raises NoPassphrase."""
        return passphrase_at(self.passphrase_at, environ)

    def issuer(self, now: datetime, passphrase: bytes | None) -> Issuer | None:
        """The issuer that is handed in, if one is. Raises BadAuthority."""
        if self.source is None:
            return None
        return read_handed_in(self.source, TRUST_DOMAIN, now, passphrase)


NOTHING_GIVEN = AuthorityGiven()

"""The authority of a folder as the last process left it, in the middle of a rotation or not."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import datetime
from pathlib import Path

from gossamer.identity.authority import Authority
from gossamer.identity.issuance.log import IssuanceLog
from gossamer.identity.issuance.segments import LOG_FOLDER
from gossamer.identity.issuers.given import NOTHING_GIVEN, AuthorityGiven
from gossamer.identity.plan import TRUST_DOMAIN
from gossamer.identity.rotation.generations import Generations
from gossamer.process.clock import utc_now


def open_authority(
    folder: Path,
    now: Callable[[], datetime] = utc_now,
    given: AuthorityGiven = NOTHING_GIVEN,
    environ: MutableMapping[str, str] | None = None,
) -> tuple[Authority, Generations]:
    """The authority in `folder`: what is given, else what is there, else one that is made.

    Raises UNUSABLE (given.py).
    """
    passphrase = given.passphrase({} if environ is None else environ)
    generations = Generations(folder, TRUST_DOMAIN, now, passphrase)
    handed_in = given.issuer(now(), passphrase)
    if handed_in is not None:
        generations.take(handed_in)
    standing = generations.standing(generations.read())
    record = IssuanceLog(folder / LOG_FOLDER, now).append
    authority = Authority(standing.signer, TRUST_DOMAIN, now, record)
    authority.standing = standing
    return authority, generations

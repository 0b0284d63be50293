"""The authority of a folder as the last process left it, in the middle of a rotation or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gossamer.identity.authority import Authority
from gossamer.identity.issuance.log import IssuanceLog
from gossamer.identity.issuance.segments import LOG_FOLDER
from gossamer.identity.plan import TRUST_DOMAIN
from gossamer.identity.rotation.generations import Generations
from gossamer.process.clock import utc_now


def open_authority(
    folder: Path, now: Callable[[], datetime] = utc_now
) -> tuple[Authority, Generations]:
    """The authority in `folder`, founded there if there is none. Raises BrokenAuthority."""
    generations = Generations(folder, TRUST_DOMAIN, now)
    standing = generations.standing(generations.read())
    record = IssuanceLog(folder / LOG_FOLDER, now).append
    authority = Authority(standing.signer, TRUST_DOMAIN, now, record)
    authority.standing = standing
    return authority, generations

"""What a proxy's folder is called: bounded, since its sockets' paths must fit into 107 bytes."""

from __future__ import annotations

import hashlib

LONGEST = 28
_DIGITS = 10


def folder_name(key: str) -> str:
    """`NS.POD` of `NS/POD`; a longer one is cut and ends in a hash, so that no two are the same."""
    whole = key.replace("/", ".", 1)
    if len(whole) <= LONGEST:
        return whole
    digits = hashlib.sha256(key.encode()).hexdigest()[:_DIGITS]
    return f"{whole[: LONGEST - _DIGITS - 1].rstrip('.-')}-{digits}"

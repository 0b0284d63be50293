"""Pod names that look as Kubernetes makes them and are the same at every start of a lab."""

from __future__ import annotations

import hashlib
import json
from typing import Any

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def template_hash(template: Any) -> str:
    """Ten characters that change with anything in a pod template."""
    return _word(json.dumps(template, sort_keys=True, default=str), 10)


def suffix(*parts: str | int) -> str:
    """Five characters that tell the instances of one workload apart."""
    return _word("\0".join(str(part) for part in parts), 5)


def _word(text: str, length: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    letters = []
    for _ in range(length):
        number, index = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[index])
    return "".join(letters)

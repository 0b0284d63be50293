"""The host that may have been meant: the same name in another namespace, or a near spelling."""

from __future__ import annotations

from difflib import get_close_matches

from immutables import Map

from gossamer.compile.reads import Reader
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE

_MOST = 2000
"""Spellings are compared one by one; in a larger mesh nobody waits for that."""


def remedy_for(read: Reader, host: str, remedy: str) -> str:
    """The remedy for a host that nobody declares, led by the host that may be meant."""
    near = _near(read, host)
    return f"Write {near} if that is meant. {remedy}" if near else remedy


def _near(read: Reader, host: str) -> str:
    hosts: Map[str, None] = read.lookup(tables.HOSTS, EVERYWHERE) or Map()
    name, _, place = host.partition(".")
    namesakes = [each for each in hosts if each.startswith(f"{name}.")]
    beside = {each.partition(".")[0] for each in hosts if each.endswith(f".{place}")}
    near = get_close_matches(name, sorted(beside), 1) if len(beside) <= _MOST else []
    return min(namesakes, default="") or (f"{near[0]}.{place}" if near else "")

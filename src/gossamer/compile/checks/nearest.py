"""The host that may have been meant: the same name in another namespace, or one letter away."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase, digits

from immutables import Map

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE

_LETTERS = f"{ascii_lowercase}{digits}-"
_LOOKED_THROUGH = 2000
"""Hosts among which namesakes are looked for; a larger mesh is not looked through for a remedy."""


def remedy_for(read: TrackedLookup, host: str, remedy: str) -> str:
    """The remedy for a host that no object declares, led by the host that may be meant."""
    near = nearest_host(read, host)
    return f"Write {near} if that is meant. {remedy}" if near else remedy


def nearest_host(read: TrackedLookup, host: str) -> str:
    """The host that may be meant by one that no object declares; empty if none is near."""
    hosts: Map[str, None] = read.lookup(tables.HOSTS, EVERYWHERE) or Map()
    name, _, place = host.partition(".")
    spelt = (f"{other}.{place}" for other in _one_away(name))
    if nearest := next((each for each in spelt if each in hosts), ""):
        return nearest
    if len(hosts) > _LOOKED_THROUGH:
        return ""
    return min((each for each in hosts if each.startswith(f"{name}.")), default="")


def _one_away(name: str) -> Iterator[str]:
    """Every text that one slip of a finger makes of a name: two letters swapped, one missing, one
    too many, another one."""
    for at in range(len(name) + 1):
        before, behind = name[:at], name[at:]
        if len(behind) > 1:
            yield f"{before}{behind[1]}{behind[0]}{behind[2:]}"
        yield before + behind[1:]
        for letter in _LETTERS:
            yield f"{before}{letter}{behind}"
            yield f"{before}{letter}{behind[1:]}"

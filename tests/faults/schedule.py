"""Which fault happens when: a pure function of a seed, so that any run can be had again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """What can be done to a lab without any call being allowed to fail."""

    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `at_s` after the start, for `lasts_s` where it has a length."""

    at_s: float
    kind: Kind
    target: str
    lasts_s: float = 0.0

    def __str__(self) -> str:
        length = f" for {self.lasts_s:.1f} s" if self.lasts_s else ""
        return f"{self.at_s:6.1f} s  {self.kind} {self.target}{length}"


TARGETS: dict[Kind, tuple[str, ...]] = {
    Kind.KILL: ("plane", "agent", "dns", "bystander"),
    Kind.FREEZE: ("plane", "agent", "dns", "bystander"),
    Kind.CUT: ("plane.sock", "xds.sock", "agent.sock", "ads.sock"),
    Kind.EDIT: (
        "route",
        "subsets",
        "cluster",
        "nonsense",
        "scale",
        "restart",
        "delete-pod",
        "restart-bystander",
    ),
}
WEIGHTS: dict[Kind, int] = {Kind.KILL: 4, Kind.FREEZE: 2, Kind.CUT: 2, Kind.EDIT: 8}
LONGEST_S = 4.0
PAUSE_S = (0.1, 2.0)


def schedule(seed: int, seconds: float) -> tuple[Fault, ...]:
    """The faults of a run, in their order; the last of them ends before the run does."""
    return tuple(_faults(Random(seed), seconds))


def _faults(random: Random, seconds: float) -> Iterator[Fault]:
    at = random.uniform(*PAUSE_S)
    while at < seconds - LONGEST_S:
        (kind,) = random.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))
        target = random.choice(TARGETS[kind])
        lasts = random.uniform(0.5, LONGEST_S) if kind in (Kind.FREEZE, Kind.CUT) else 0.0
        yield Fault(round(at, 2), kind, target, round(lasts, 2))
        at += random.uniform(*PAUSE_S)

"""A rotation of the root as a value: which phase, who signs in it, and whom peers believe.

Two roots overlap. Peers learn the next root before anything is signed under it, and forget the
former one after nothing is left that it signed. So a phase ends only when everybody runs what it
said; at no moment does somebody hold a certificate that another refuses. Pure.

    prepare       the next root and its key are made; nobody knows of them
    distributing  peers believe both roots, the former one signs
    activated     peers believe both, the next one signs: every certificate is renewed
    retiring      peers believe the next root alone
    done          and the former key is gone

A proxy that starts in the middle is told what the phase says, and waited for like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

SCHEMA = 1
FEDERATED_WAIT = timedelta(minutes=10)
"""Twice as long as a bundle of ours asks others to wait between two looks."""


class RotationPhase(StrEnum):
    """How far a rotation is; `done` where none is under way."""

    PREPARE = "prepare"
    DISTRIBUTING = "distributing"
    ACTIVATED = "activated"
    RETIRING = "retiring"
    DONE = "done"


NEXT: Mapping[RotationPhase, RotationPhase] = MappingProxyType(
    {
        RotationPhase.DONE: RotationPhase.PREPARE,
        RotationPhase.PREPARE: RotationPhase.DISTRIBUTING,
        RotationPhase.DISTRIBUTING: RotationPhase.ACTIVATED,
        RotationPhase.ACTIVATED: RotationPhase.RETIRING,
        RotationPhase.RETIRING: RotationPhase.DONE,
    }
)


class Rotation(Struct, frozen=True):
    """Where the authority stands.

    Its issuers are numbered: `generation` is the one before a rotation, the next has the next
    number.

    `left_behind` are those that were not waited for, because the operator said so or time was up.
    """

    phase: RotationPhase = RotationPhase.DONE
    generation: int = 0
    since: datetime | None = None
    began: datetime | None = None
    left_behind: tuple[str, ...] = ()
    schema: int = SCHEMA

    @property
    def next(self) -> int:
        """The number of the issuer that takes over."""
        return self.generation + 1

    @property
    def signer(self) -> int:
        """Who signs what workloads and agents ask for."""
        return (
            self.next
            if self.phase in (RotationPhase.ACTIVATED, RotationPhase.RETIRING)
            else self.generation
        )

    @property
    def server(self) -> int:
        """Who signs the plane's own certificate: the former one for as long as it is believed, so
        that an agent which was away while the roots were distributed still knows its plane."""
        return self.next if self.phase is RotationPhase.RETIRING else self.generation

    @property
    def trusted(self) -> tuple[int, ...]:
        """Whose roots peers believe."""
        if self.phase in (RotationPhase.DISTRIBUTING, RotationPhase.ACTIVATED):
            return (self.generation, self.next)
        return (self.signer,)

    @property
    def waits(self) -> bool:
        """Whether this phase ends only when everybody runs what it said."""
        return self.phase not in (RotationPhase.DONE, RotationPhase.PREPARE)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who holds a phase up, and why: `Pod NS/NAME` or `host NAME`."""

    who: str
    why: str

    def __str__(self) -> str:
        return f"{self.who}: {self.why}"


def waits_for_others(rotation: Rotation, now: datetime, others: bool) -> tuple[Waiting, ...]:
    """Other trust domains that take our bundle, for as long as they may take to look at it again:
    nobody says when they did."""
    if not others or rotation.phase is not RotationPhase.DISTRIBUTING or rotation.since is None:
        return ()
    until = rotation.since + FEDERATED_WAIT
    if now >= until:
        return ()
    return (Waiting("federated domains", f"they have until {_written(until)} to take our bundle"),)


class RotationUnderWay(Exception):
    """A second rotation was asked for; the text says what to do."""


def begin(rotation: Rotation, now: datetime) -> Rotation:
    """The first step. Raises RotationUnderWay while another one is not done."""
    if rotation.phase is not RotationPhase.DONE:
        raise RotationUnderWay(
            f"A rotation is under way since {_written(rotation.began)} and is {rotation.phase}. "
            "Nothing was begun. `gossamer identity status` says whom it waits for; "
            "`gossamer identity rotate --wait` waits for its end"
        )
    return replace(advance(rotation, now), began=now, left_behind=())


def advance(rotation: Rotation, now: datetime, without: Sequence[Waiting] = ()) -> Rotation:
    """The next phase; `without` are those that are no longer waited for."""
    left = dict.fromkeys((*rotation.left_behind, *(each.who for each in without)))
    done = rotation.phase is RotationPhase.RETIRING
    return replace(
        rotation,
        phase=NEXT[rotation.phase],
        generation=rotation.next if done else rotation.generation,
        since=now,
        left_behind=tuple(left),
    )


def after_a_look(
    rotation: Rotation, waiting: Sequence[Waiting], now: datetime, patience: timedelta
) -> Rotation:
    """The rotation after somebody looked who is waited for: the next phase once it is nobody.

    Past `patience` the absent are left behind. Whoever was away for longer than any certificate
    lives cannot prove itself anyway, and joins anew.
    """
    if not rotation.waits:
        return rotation
    if not waiting:
        return advance(rotation, now)
    if rotation.since is not None and now >= rotation.since + patience:
        return advance(rotation, now, waiting)
    return rotation


def _written(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at else "an unknown time"

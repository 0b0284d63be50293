"""What a check says: a verdict, and the check that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

SHOWN = 5
"""How many names a sentence lists before it only counts them."""


class CheckStatus(StrEnum):
    """How a check came out. Only an error makes `gossamer check` fail."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


class Area(StrEnum):
    """What a check is about, in the order in which areas are shown."""

    MACHINE = "machine"
    INSTALLATION = "installation"
    LAB = "lab"
    PLANE = "plane"
    AGENT = "agent"
    PROXIES = "proxies"
    CERTIFICATES = "certificates"
    WORKLOADS = "workloads"


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """One check's answer: what was seen, and what to do about it where something is wrong."""

    status: CheckStatus
    message: str
    remedy: str = ""


def fine(message: str) -> CheckVerdict:
    """Nothing to do."""
    return CheckVerdict(CheckStatus.OK, message)


def warning(message: str, remedy: str) -> CheckVerdict:
    """It works now, and may not later or not as meant."""
    return CheckVerdict(CheckStatus.WARNING, message, remedy)


def error(message: str, remedy: str) -> CheckVerdict:
    """Something does not work."""
    return CheckVerdict(CheckStatus.ERROR, message, remedy)


def skipped(message: str) -> CheckVerdict:
    """It could not be looked at, and why."""
    return CheckVerdict(CheckStatus.SKIPPED, message)


Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Check(Generic[Seen]):
    """One question to the facts of an area; `code` is its anchor in docs/checks.md."""

    area: Area
    code: str
    look: Callable[[Seen], CheckVerdict]

    @property
    def link(self) -> str:
        """Where it is explained."""
        return f"docs/checks.md#{self.code}"


class CheckRow(Struct, frozen=True):
    """A row of `gossamer check -o json`."""

    area: str
    code: str
    status: str
    message: str
    remedy: str
    link: str


@dataclass(frozen=True, slots=True)
class Result:
    """A check with its verdict, as it is printed."""

    area: Area
    code: str
    link: str
    verdict: CheckVerdict

    def row(self) -> CheckRow:
        """As programs read it."""
        return CheckRow(
            area=self.area.value,
            code=self.code,
            status=self.verdict.status.value,
            message=self.verdict.message,
            remedy=self.verdict.remedy,
            link=self.link,
        )


def looked(check: Check[Seen], seen: Seen | str) -> Result:
    """The check's result; a string in place of facts says why there are none."""
    verdict = skipped(seen) if isinstance(seen, str) else check.look(seen)
    return Result(check.area, check.code, check.link, verdict)


def listed(names: Iterable[str]) -> str:
    """`a, b, c`, or the first few and how many more."""
    every = list(names)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more


def times(count: int) -> str:
    """`once`, `3 times`."""
    return "once" if count == 1 else f"{count} times"

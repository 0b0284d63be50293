"""What a stand-in has seen and done so far: counts, and how each call went."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from gossamer.apps.standin.spec import CallTarget, StandInSpec


@dataclass(slots=True)
class CallRecord:
    """One target's calls."""

    target: CallTarget
    sent: int = 0
    failed: int = 0
    last: str = "not called yet"
    last_ms: float = 0.0

    def note(self, outcome: CallOutcome) -> bool:
        """Count one call; whether it went otherwise than the one before."""
        changed = outcome.message != self.last
        self.sent += 1
        self.failed += not outcome.well
        self.last, self.last_ms = outcome.message, outcome.ms
        return changed


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """How one call went, in words."""

    well: bool
    message: str
    ms: float = 0.0


@dataclass(slots=True)
class StandInRecord:
    """Counts of one process."""

    spec: StandInSpec
    pod: str
    seen: Counter[str] = field(default_factory=Counter)
    calls: list[CallRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        """One record a target."""
        self.calls = [CallRecord(target) for target in self.spec.calls]

    def as_json(self) -> dict[str, Any]:
        """Who it is, what came and how its own calls went."""
        who = self.spec.identity
        return {
            "name": who.name,
            "namespace": who.namespace,
            "version": who.version or None,
            "pod": self.pod,
            "container": who.container,
            "image": who.image,
            "stand_in": True,
            "seen": dict(sorted(self.seen.items())),
            "calls": [_called(each) for each in self.calls],
            "not_called": [{"name": name, "why": why} for name, why in self.spec.not_called],
        }


def _called(record: CallRecord) -> dict[str, Any]:
    return {
        "target": record.target.url,
        "why": record.target.why,
        "sent": record.sent,
        "failed": record.failed,
        "last": record.last,
        "last_ms": round(record.last_ms, 1),
    }

"""What a run proved: pure judgement over what was counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FLOOR = 0.5
"""The least share of the load asked for that must have been made; less proves nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run counted.

    `missing`: objects whose apply was acknowledged and that are not there as acknowledged;
    `replaced`: Envoys with another pid that nothing killed; `unhealed`: why the lab was not whole;
    `evidence`: what the caller's proxy logged of requests that were not answered by 200.
    """

    report: Mapping[str, Any]
    rate: float
    faults: int
    acknowledged: int
    refused: int
    missing: tuple[str, ...]
    replaced: tuple[str, ...]
    unhealed: str
    evidence: tuple[str, ...] = ()


def failures(outcome: Outcome) -> tuple[str, ...]:
    """Every promise that was broken, in words; none: the run passed."""
    return tuple(_failures(outcome))


def _failures(outcome: Outcome) -> Iterator[str]:
    report = outcome.report
    wrong = {status: n for status, n in report["by_status"].items() if status != "200"}
    if wrong:
        yield f"requests answered by another status than 200: {wrong}"
    if report["errors"]:
        yield f"requests without an answer: {report['errors']}"
    floor = FLOOR * outcome.rate * report["seconds"]
    if report["requests"] < floor:
        yield f"only {report['requests']} requests were made, {floor:.0f} are the floor"
    if outcome.faults == 0:
        yield "no fault happened"
    if outcome.missing:
        yield f"acknowledged and lost: {', '.join(outcome.missing)}"
    if outcome.replaced:
        yield f"Envoys that nobody killed were replaced: {', '.join(outcome.replaced)}"
    if outcome.unhealed:
        yield f"not healed: {outcome.unhealed}"


def told(outcome: Outcome, broken: tuple[str, ...], again: str) -> str:
    """The verdict for people; a failed one says how to have the run again."""
    report = outcome.report
    head = (
        f"{outcome.faults} faults, {report['requests']} requests "
        f"({report['requests_per_second']:g}/s, p99 {report['p99_ms']} ms), "
        f"{outcome.acknowledged} edits acknowledged, {outcome.refused} refused"
    )
    if not broken:
        return f"{head}\nPASSED"
    lines = "\n".join(f"  {each}" for each in (*broken, *outcome.evidence))
    return f"{head}\nFAILED\n{lines}\nhave it again: {again}"

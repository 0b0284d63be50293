"""What the authorization of one proxy makes of a call, in words and with the lines that decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from gossamer.contract.authorization_names import parse_nobody
from gossamer.explain.authorization.attributes import CallAttributes
from gossamer.explain.authorization.filters import AnyFilter, FilterDecision, decisions
from gossamer.explain.authorization.rule_places import rule_places
from gossamer.explain.authorization.truth import Truth, Unknown
from gossamer.explain.report.proxy_config import ProxyConfig
from gossamer.explain.report.steps import Steps
from gossamer.model.mesh import Mesh
from gossamer.model.origin import Origin
from gossamer.model.policies.workload.authorization import Authorization

WORD = Authorization.WORD
FORBIDDEN = 403
"""The status of a refused request; a refused connection of bytes is closed."""


@dataclass(frozen=True, slots=True)
class TrialNote:
    """What a dry run would have made of the call, and where it is written."""

    says: str
    because: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether the call is let in (or it cannot be told), why, and because of which lines.

    `rule` is the one that decided, "" where none speaks of the call; `status` what a refused
    request gets, None for bytes, whose connection is closed. `possible` are the rules on which it
    depends where it cannot be told, `notes` what dry runs would have decided.
    """

    allowed: Truth = True
    says: str = ""
    rule: str = ""
    because: tuple[Origin, ...] = ()
    status: int | None = None
    possible: tuple[str, ...] = ()
    notes: tuple[TrialNote, ...] = ()


OPEN = Ruling()
"""Where no policy speaks of a workload everybody is let in."""


def ruled(config: ProxyConfig, filters: Iterable[AnyFilter], call: CallAttributes) -> Ruling:
    """What the filters of a chain decide together: all of them must let the call in."""
    return strictest(_rulings(config, filters, call))


def strictest(rulings: Iterable[Ruling]) -> Ruling:
    """The one that decides: who refuses, else of whom it cannot be told, else who lets in."""
    every = list(rulings)
    notes = tuple(dict.fromkeys(note for each in every for note in each.notes))
    refusing = (each for each in every if each.allowed is False)
    unknown = (each for each in every if isinstance(each.allowed, Unknown))
    speaking = (each for each in every if each.rule)
    return replace(next(chain(refusing, unknown, speaking), OPEN), notes=notes)


def _rulings(
    config: ProxyConfig, filters: Iterable[AnyFilter], call: CallAttributes
) -> Iterator[Ruling]:
    return (_ruling(config.mesh, each) for each in decisions(config, filters, call))


def _ruling(mesh: Mesh, each: FilterDecision) -> Ruling:
    return replace(_decided(mesh, each), notes=tuple(_notes(mesh, each)))


def _notes(mesh: Mesh, each: FilterDecision) -> Iterator[TrialNote]:
    if each.trial is None or each.trial.allowed is not False:
        return
    rule = each.trial.rule
    if rule:
        places = _places(mesh, (rule,), each)
        yield TrialNote(f"in a dry run {rule} would refuse it", places)
    else:
        yield TrialNote("in a dry run no rule would let it in")


def _decided(mesh: Mesh, each: FilterDecision) -> Ruling:
    allowed, rule = each.decision.allowed, each.decision.rule
    if isinstance(allowed, Unknown):
        rules = tuple(rule for rule in each.possible if not parse_nobody(rule))
        places = _places(mesh, rules, each)
        says = f"it cannot be told without {allowed.why}"
        return Ruling(allowed, says, "", places, possible=rules)
    if not allowed:
        return Ruling(False, refusal_words(rule), rule, _places(mesh, (rule,), each))
    if not each.let_in_by:
        return OPEN
    says = f"{each.let_in_by} lets it in"
    return Ruling(True, says, each.let_in_by, _places(mesh, (each.let_in_by,), each))


def _places(mesh: Mesh, rules: Iterable[str], each: FilterDecision) -> tuple[Origin, ...]:
    places = (place for rule in rules for place in rule_places(mesh, rule, each.objects))
    return tuple(dict.fromkeys(places))


def tell_ruling(ruling: Ruling, where: str, steps: Steps) -> None:
    """The hop at which it is decided who is let in; nothing where no policy speaks."""
    for note in ruling.notes:
        steps.hop("dry run", note.says, *note.because)
    if isinstance(ruling.allowed, Unknown):
        steps.hop(WORD, f"whether {where} takes the call: {ruling.says}", *ruling.because)
    elif ruling.says:
        taken = "takes" if ruling.allowed else "refuses"
        steps.hop(WORD, f"{where} {taken} the call: {ruling.says}", *ruling.because)
        steps.applied(WORD, ruling.says, ruling.because[0] if ruling.because else None)


def refusal_words(rule: str) -> str:
    """Why a call is refused, by the name of what refuses it."""
    if not rule:
        return "its authorization is not known, so nobody is let in"
    return f"{rule} lets it in" if parse_nobody(rule) else f"{rule} refuses it"

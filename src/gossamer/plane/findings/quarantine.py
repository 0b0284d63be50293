"""Objects that Envoy refused although every check passed: found out, withheld, reported, healed.

docs/decisions/0008-what-envoy-refuses.md tells how. The mesh is assembled without the culprits (or
with their previous versions), so that all others in the same resource are live.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gossamer.compile.engine.bisection import Bisection
from gossamer.compile.engine.compiled import Compiled
from gossamer.compile.engine.refusal import refused_object, refused_resource
from gossamer.model.finding import Finding
from gossamer.model.fragment import Contribution
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin
from gossamer.plane.resources.view_cache import EntryId

Contributions = Mapping[ObjectRef, Contribution | None]


@dataclass(frozen=True, slots=True)
class RefusedVersion:
    """A version of a resource that Envoy refused, in its own words."""

    entry: EntryId
    version: str
    message: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """A withheld object: what it says, what stands in its place, and the refusal it caused."""

    contribution: Contribution
    instead: Contribution | None
    refusal: RefusedVersion


@dataclass(slots=True)
class Investigation:
    """A trial and what it is about: what the suspects say, and say if they are withheld."""

    refusal: RefusedVersion
    trial: Bisection
    contributions: Mapping[ObjectRef, Contribution]
    instead: Contributions
    heard: dict[str, bool]

    def wanted(self, known: Contributions) -> dict[ObjectRef, Contribution | None]:
        """What suspects contribute at this point of the trial, where that is not known already."""
        withheld = self.trial.withheld
        wanted = {
            ref: (self.instead if ref in withheld else self.contributions)[ref]
            for ref in self.contributions
        }
        return {ref: each for ref, each in wanted.items() if known.get(ref) is not each}


class Quarantine:
    """Who is withheld from the mesh, and who is on trial.

    `advance` takes contributions into the mesh and leads to new bytes; the verdicts on these come
    back by `accepted` and `refused`. One case is tried at a time.
    """

    def __init__(
        self,
        mesh: Callable[[], Mesh],
        compiled: Callable[[EntryId], Compiled],
        advance: Callable[[Contributions], object],
    ) -> None:
        self._mesh, self._compiled, self._advance = mesh, compiled, advance
        self._turn = 0
        self._arrived: dict[ObjectRef, int] = {}
        self._before: dict[ObjectRef, Contribution] = {}
        self._sentenced: dict[ObjectRef, Withheld] = {}
        self._untraced: dict[EntryId, RefusedVersion] = {}
        self._closed: dict[EntryId, tuple[int, int]] = {}
        self._case: Investigation | None = None
        self._later: dict[EntryId, RefusedVersion] = {}

    @property
    def on_trial(self) -> EntryId | None:
        """The resource whose verdict is awaited."""
        return self._case.refusal.entry if self._case else None

    def admit(self, contributions: Contributions) -> Contributions:
        """What of these may enter the mesh: all but the withheld that say the same again."""
        self._turn += 1
        if self._case and not self._case.trial.suspects.isdisjoint(contributions):
            contributions = {**self._dismissed(), **contributions}
        admitted: dict[ObjectRef, Contribution | None] = {}
        for ref, contribution in contributions.items():
            withheld = self._sentenced.get(ref)
            if (
                withheld
                and contribution
                and contribution.fragments == withheld.contribution.fragments
            ):
                self._sentenced[ref] = replace(withheld, contribution=contribution)
            else:
                admitted[ref] = contribution
                self._sentenced.pop(ref, None)
                self._note(ref, contribution)
        return admitted

    def _note(self, ref: ObjectRef, contribution: Contribution | None) -> None:
        """Remember when an object changed, and its previous version."""
        former = self._mesh().contributions.get(ref)
        if contribution is None:
            self._arrived.pop(ref, None)
            self._before.pop(ref, None)
        elif former is None or former.fragments != contribution.fragments:
            self._arrived[ref] = self._turn
            if former is not None:
                self._before[ref] = former

    def accepted(self, entry: EntryId, version: str) -> None:
        """A proxy runs this version."""
        if entry == self.on_trial and self._compiled(entry).version == version:
            self._callback(True)

    def refused(self, refusal: RefusedVersion) -> None:
        """A proxy refuses this version and keeps the one before."""
        if not self._is_current(refusal):
            return
        if refusal.entry == self.on_trial:
            self._callback(False)
        elif self._case is not None:
            self._later[refusal.entry] = refusal
        else:
            self._begin(refusal)

    def differs(self, refusal: RefusedVersion) -> None:
        """A proxy refuses what another runs: the reason lies with it, and no object is withheld."""
        self._untraced[refusal.entry] = refusal

    def abandon(self) -> None:
        """No verdict comes any more: let in whoever was on trial."""
        if self._case is not None:
            self._advance(self._dismissed())
            self._begin_waiting()

    def findings(self) -> tuple[Finding, ...]:
        """Each withheld object with Envoy's words, and refusals that no object explains."""
        culprits = (_told(ref, withheld) for ref, withheld in sorted(self._sentenced.items()))
        current = (r for r in self._untraced.values() if self._is_current(r))
        return (*culprits, *map(_untraced, current))

    def _begin(self, refusal: RefusedVersion) -> None:
        entry = refusal.entry
        known = self._mesh().contributions
        behind = [ref for ref in self._compiled(entry).because if ref in known]
        newest = max((self._arrived.get(ref, 0) for ref in behind), default=0)
        closed, trials = self._closed.get(entry, (-1, 0))
        if behind and newest > closed:
            self._closed[entry] = self._turn, 1
            suspects = [ref for ref in behind if self._arrived.get(ref, 0) == newest]
            self._try(refusal, {ref: known[ref] for ref in suspects}, self._before)
        elif behind and trials == 1:
            self._closed[entry] = self._turn, 2
            everybody = {**{ref: known[ref] for ref in behind}, **self._released(entry)}
            self._try(refusal, everybody, {})
        else:
            self._give_up(refusal)

    def _give_up(self, refusal: RefusedVersion) -> None:
        """No object explains it: no object is withheld for it, and it is reported on the
        resource."""
        self._advance(self._released(refusal.entry))
        version = self._compiled(refusal.entry).version
        self._untraced[refusal.entry] = replace(refusal, version=version)
        self._begin_waiting()

    def _released(self, entry: EntryId) -> dict[ObjectRef, Contribution]:
        """The culprits of this entry's last refusal: it goes on, so they were not alone."""
        released = [ref for ref, each in self._sentenced.items() if each.refusal.entry == entry]
        return {ref: self._sentenced.pop(ref).contribution for ref in released}

    def _try(
        self,
        refusal: RefusedVersion,
        suspects: dict[ObjectRef, Contribution],
        instead: Contributions,
    ) -> None:
        ordered = sorted(suspects, key=lambda ref: (self._arrived.get(ref, 0), ref))
        heard = {refusal.version: False}
        fallback = {ref: instead.get(ref) for ref in ordered}
        self._case = Investigation(refusal, Bisection(ordered), suspects, fallback, heard)
        self._settle()

    def _callback(self, good: bool) -> None:
        case = self._case
        assert case is not None
        case.heard[self._compiled(case.refusal.entry).version] = good
        _judge(case.trial, good)
        self._settle()

    def _settle(self) -> None:
        """Bring the mesh to what the trial asks, and go on while the verdict is known already."""
        while (case := self._case) is not None:
            self._advance(case.wanted(self._mesh().contributions))
            if case.trial.over:
                self._close(case)
                return
            version = self._compiled(case.refusal.entry).version
            if version and version not in case.heard:
                return
            _judge(case.trial, case.heard.get(version, True))

    def _close(self, case: Investigation) -> None:
        for ref in case.trial.culprits:
            self._sentenced[ref] = Withheld(
                case.contributions[ref], case.instead[ref], case.refusal
            )
        self._case = None
        self._begin_waiting()

    def _dismissed(self) -> Contributions:
        """End the case without a sentence; what its suspects say."""
        case, self._case = self._case, None
        return dict(case.contributions) if case else {}

    def _begin_waiting(self) -> None:
        """Take up refusals that came meanwhile, as far as nothing has answered them since."""
        while self._later and self._case is None:
            _, refusal = self._later.popitem()
            if self._is_current(refusal):
                self._begin(refusal)

    def _is_current(self, refusal: RefusedVersion) -> bool:
        return self._compiled(refusal.entry).version == refusal.version


def _judge(trial: Bisection, good: bool) -> None:
    if good:
        trial.accepted()
    else:
        trial.refused()


def _told(ref: ObjectRef, withheld: Withheld) -> Finding:
    kept = "its previous version stays in effect" if withheld.instead else "nothing of it is used"
    return refused_object(
        dict(withheld.contribution.origins).get("", Origin(ref)),
        (withheld.refusal.entry.kind, withheld.refusal.entry.name),
        withheld.refusal.message,
        f"{kept}; all other objects are live",
    )


def _untraced(refusal: RefusedVersion) -> Finding:
    return refused_resource((refusal.entry.kind, refusal.entry.name), refusal.message)

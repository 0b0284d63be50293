"""One type on one delta stream, seen from the server, without any I/O.

Events go in through `feed`; notes for the owner come out. `compose` gives the next response if
there is something to say and room for it in flight. Truth is never stored here but read from a
`ResourceSource` while composing (events.py says why); what the client asked and holds is in
holding.py.

A NACK is for a whole response and may have been applied in part. Its resources go again one per
response, so that only the bad one is refused; that one is quarantined in that version.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from gossamer.xds.events import (
    EVERYTHING,
    UNDECIDED,
    Ack,
    Acked,
    Answer,
    Changed,
    Event,
    Nack,
    Note,
    Rejected,
    ResourceSource,
    Send,
    SharedSource,
    StreamFailed,
    Subscribe,
    Unsubscribe,
    Used,
    shared,
)
from gossamer.xds.frame import ABSENT, Resource
from gossamer.xds.kinds import TypeRules
from gossamer.xds.stream.batch import BATCH_AT_LEAST, Batch
from gossamer.xds.stream.flight import Flight, ResponseDraft, Sent
from gossamer.xds.stream.holding import Holding, ResourceVerdict

NAMES_AT_MOST = 10_000
"""Callers choose names (a Host header), so one client's names of one type are bounded."""
NAME_LENGTH_AT_MOST = 1024


@lru_cache(maxsize=16)
def _askable(names: tuple[str, ...]) -> frozenset[str] | None:
    """The names as a set; None where some need a look of their own."""
    keys = frozenset(names)
    odd = EVERYTHING in keys or max(map(len, keys)) > NAME_LENGTH_AT_MOST
    return None if odd or len(keys) < len(names) else keys


class Subscription:
    """The server's side of one type on one stream."""

    def __init__(
        self, kind: TypeRules, source: ResourceSource, names_at_most: int = NAMES_AT_MOST
    ) -> None:
        self.kind = kind
        self.holding = Holding(kind)
        self.started = False
        self.leaving: dict[str, None] = {}
        self._source = source
        self._shared = shared(source)
        self._names_at_most = names_at_most
        self._wildcard = False
        self._survey = False
        self._owes_answer = False
        self._dirty: dict[str, None] = {}
        self._newcomers: dict[str, None] = {}
        self._overflow: dict[str, None] = {}
        self._alone: dict[str, None] = {}
        self._flight: dict[str, Flight] = {}
        self._whole: tuple[str, ...] = ()
        self._responses = 0
        self._notes: list[Note] = []

    # Events

    def feed(self, event: Event) -> list[Note]:
        """Take an event in; what the owner should know comes back."""
        match event:
            case Subscribe(names, initial):
                self._subscribe(names, initial.items())
            case Unsubscribe(names):
                self._unsubscribe(names)
            case Ack(nonce):
                self._acked(nonce)
            case Nack(nonce, message):
                self._nacked(nonce, message)
            case Changed(changed):
                self._changed(changed)
        return self.notes()

    def _subscribe(self, names: tuple[str, ...], initial: Iterable[tuple[str, str]]) -> None:
        first, self.started = not self.started, True
        if first:
            for name, version in initial:
                self.holding.adopt(name, version)
                self._dirty[name] = None
            if not initial and self._asks_much(names):
                return
        if EVERYTHING in names or (first and not names and self.kind.empty_is_all):
            self._wildcard = self._survey = self._owes_answer = True
        fresh = [name for name in names if name != EVERYTHING and self._ask(name, first)]
        if fresh:
            self._notes.append(Used(self.kind.type_url, tuple(fresh)))

    def _asks_much(self, names: tuple[str, ...]) -> bool:
        """Note many names that a client without any asks for at once; whether that was so."""
        if not self._shared or len(names) < BATCH_AT_LEAST or self._dirty:
            return False
        if not self.holding.pristine:
            return False
        keys = _askable(names)
        if keys is None or len(keys) > self._names_at_most:
            return False
        self.holding.ask_all(keys)
        self._whole = names
        self._notes.append(Used(self.kind.type_url, names))
        return True

    def _ask(self, name: str, first: bool) -> bool:
        """Note one asked name; whether it is new."""
        new = name not in self.holding.asked
        full = len(self.holding.asked) >= self._names_at_most
        if new and (full or len(name) > NAME_LENGTH_AT_MOST):
            self._overflow[name] = None
            return False
        self.holding.ask(name, first)
        self._dirty[name] = None
        return new

    def _unsubscribe(self, names: tuple[str, ...]) -> None:
        self._split_whole()
        if EVERYTHING in names:
            self._wildcard = self._survey = False
            names = (*names, *self.holding.pushed)
        for name in names:
            if self._wildcard:
                self.holding.asked.discard(name)
                self.holding.push(name)
            else:
                self.holding.forget(name)
                for waiting in (self._dirty, self._alone, self._overflow, self.leaving):
                    waiting.pop(name, None)

    def _acked(self, nonce: str) -> None:
        if flight := self._flight.pop(nonce, None):
            refused = self.holding.refused  # a "no" in place of a refused one applies nothing
            versions = {
                name: sent.version
                for name, sent in flight.sent.items()
                if sent.version != ABSENT or name not in refused
            }
            shared = flight.batch.versions if flight.batch else {}
            self._notes.append(Acked(self.kind.type_url, {**shared, **versions}))

    def _nacked(self, nonce: str, message: str) -> None:
        went = self._flight.pop(nonce, None)
        if went is None:
            return
        flight = went.each()
        superseded = {name for later in self._flight.values() for name in later.each()}
        for name, sent in flight.items():
            if name not in superseded:
                self.holding.restore(name, sent.before)
        if len(flight) == 1:
            ((name, sent),) = flight.items()
            self._quarantine(name, sent, message)
        elif not flight:
            self._notes.append(Rejected(self.kind.type_url, EVERYTHING, "", message))
        else:
            again = [sent.key for name, sent in flight.items() if name not in superseded]
            self.holding.forced.update(again)
            self._alone.update(dict.fromkeys(again))

    def _quarantine(self, name: str, sent: Sent, message: str) -> None:
        self.holding.refused[name] = sent.version
        self.holding.forced.discard(sent.key)
        self._notes.append(Rejected(self.kind.type_url, name, sent.version, message))
        if sent.before is None and sent.version != ABSENT:
            self._dirty[sent.key] = None  # who waits for it gets a negative answer instead

    def _changed(self, names: Iterable[str]) -> None:
        for name in names:
            if name == EVERYTHING:
                self._survey = self._wildcard
            elif self.holding.concerns(name):
                self._dirty[name] = None
            elif self._wildcard:
                self._newcomers[name] = None

    # What the order over all types wants of it

    def push(self, names: Iterable[str]) -> None:
        """Take an interest in names for the client, which has not asked for them."""
        for name in names:
            self.holding.push(name)
            self._dirty[name] = None

    def repeat(self, names: Iterable[str]) -> None:
        """Push names even where the client holds their present version."""
        names = tuple(names)
        self.holding.forced.update(names)
        self.push(names)

    def everything(self) -> Collection[str]:
        """What the client's subscription to everything takes in; nothing if it has none."""
        names = self._source.wildcard() if self._wildcard else ()
        return () if names is UNDECIDED else names

    def waits(self) -> bool:
        """Whether something is still to be said."""
        waiting = self._dirty or self._whole or self._alone or self._newcomers or self._overflow
        return self.started and bool(waiting)

    def speaks(self) -> bool:
        """Whether `compose` may have something to say now."""
        if not self.started or len(self._flight) >= self.kind.in_flight:
            return False
        return bool(self._dirty or self._survey or self._owes_answer) or self.waits()

    def owes(self) -> bool:
        """Whether there is something to say of a name that waits, once the client asks."""
        return any(isinstance(self._look(name), Resource) for name in self._dirty)

    def pending(self) -> set[str]:
        """Names whose present version the client has neither acknowledged nor refused."""
        if not self.started:
            return set()
        flying = {sent.key for flight in self._flight.values() for sent in flight.each().values()}
        return flying.union(self._dirty, self._whole, self._alone, self._newcomers)

    def notes(self) -> list[Note]:
        """Notes not yet handed over."""
        notes, self._notes = self._notes, []
        return notes

    # Commands

    def compose(self) -> Send | None:
        """The next response, unless the client is still busy with earlier ones."""
        if not self.speaks():
            return None
        while self._alone:
            key = next(iter(self._alone))
            del self._alone[key]
            self._dirty.pop(key, None)
            if send := self._respond([key]):
                return send
        if self._survey and not self._dirty and self.holding.pristine:
            self._survey_much()
        batch = self._take_whole()
        return self._respond(self._take(), batch)

    def compose_now(self, names: Iterable[str]) -> Send | None:
        """A response about these names even if earlier ones are in flight.

        For what must reach the client in the same turn as a resource of another type.
        """
        self._split_whole()
        due = [name for name in dict.fromkeys(names) if name in self._dirty]
        if not self.started or not due:
            return None
        for name in due:
            del self._dirty[name]
        return self._respond(due)

    def leave(self, names: Iterable[str]) -> Send | None:
        """Tell the client what is gone, now that nothing it holds points there any more."""
        draft = ResponseDraft()
        for key in names:
            if key not in self.leaving:
                continue
            del self.leaving[key]
            if self._look(key) is None:
                self._put(draft, key, self.holding.negative(key))
            else:
                self._dirty[key] = None
        return self._send(draft)

    def _survey_much(self) -> None:
        """The first look at everything, if that is much and shared with others."""
        everything = self._shared.wildcard() if self._shared else ()
        if everything is not UNDECIDED and len(everything) >= BATCH_AT_LEAST:
            self._survey, self._newcomers = False, {}
            self._whole = tuple(everything)

    def _take_whole(self) -> Batch | None:
        """What can be said of many names at once; the others wait among the rest."""
        whole, self._whole = self._whole, ()
        if not whole or not self._shared:
            return None
        batch, rest = self._joined(whole, self._shared)
        self._dirty |= dict.fromkeys(rest)
        if batch is not None:
            self.holding.hold_all(batch)
        return batch

    def _joined(
        self, names: tuple[str, ...], source: SharedSource
    ) -> tuple[Batch | None, tuple[str, ...]]:
        try:
            return source.batch(names) or (None, names)
        except Exception as error:  # each name is looked at alone then
            self._notes.append(StreamFailed(self.kind.type_url, EVERYTHING, error))
            return None, names

    def _split_whole(self) -> None:
        """Names asked for at once are names like others."""
        self._dirty |= dict.fromkeys(self._whole)
        self._whole = ()

    def _take(self) -> list[str]:
        """All keys that may need an answer; the sets are empty afterwards."""
        keys = self._dirty | self._in_wildcard()
        self._dirty = {}
        return list(keys)

    def _in_wildcard(self) -> dict[str, None]:
        if not (self._survey or self._newcomers):
            return {}
        everything = self._source.wildcard()
        if everything is UNDECIDED:
            self._newcomers = {}
            self._survey = True
            return {}
        if self._survey:  # what left the wildcard is looked at too: the source says if it is gone
            names = [*everything, *self.holding.pushed]
        else:
            names = [name for name in self._newcomers if name in everything]
        self._survey, self._newcomers = False, {}
        return dict.fromkeys(names)

    def _respond(self, keys: Iterable[str], batch: Batch | None = None) -> Send | None:
        draft = ResponseDraft(batch)
        for key in keys:
            answer = self._look(key)
            if answer is UNDECIDED:
                continue
            decision = self.holding.decide(key, answer)
            self.holding.forced.discard(key)
            if decision is ResourceVerdict.LATER:
                self.leaving[key] = None
            else:
                self._put(draft, key, decision)
        return self._send(draft)

    def _look(self, key: str) -> Answer:
        """Ask the source; if it raises, this name keeps what it has and the others go on."""
        try:
            return self._source.get(key)
        except Exception as error:
            self._notes.append(StreamFailed(self.kind.type_url, key, error))
            return UNDECIDED

    def _put(self, draft: ResponseDraft, key: str, decision: Resource | ResourceVerdict) -> None:
        if isinstance(decision, Resource):
            draft.resources[decision.name] = (key, decision)
        elif decision is ResourceVerdict.REMOVE:
            draft.removed[self.holding.name_of(key)] = key

    def _send(self, draft: ResponseDraft) -> Send | None:
        refusals, self._overflow = self._overflow, {}
        for name in refusals:
            self._put(draft, name, self.holding.negative(name))
        owes = self._owes_answer and not self._survey
        if not (draft.resources or draft.removed or draft.batch or owes):
            return None
        self._owes_answer = self._owes_answer and not owes
        self._responses += 1
        nonce = str(self._responses)
        self._flight[nonce] = Flight(self._note_sent(draft), draft.batch)
        for name in refusals:
            self.holding.forget(name)
        resources = tuple(resource for _, resource in draft.resources.values())
        return Send(self.kind.type_url, nonce, resources, tuple(draft.removed), draft.batch)

    def _note_sent(self, draft: ResponseDraft) -> dict[str, Sent]:
        for name in draft.resources:
            draft.removed.pop(name, None)  # one name on both sides would reject the response
        flight = {}
        for name, (key, resource) in draft.resources.items():
            flight[name] = Sent(key, resource.version, self.holding.sent(key, resource))
        for name, key in draft.removed.items():
            flight[name] = Sent(key, ABSENT, self.holding.removed(key, name))
        return flight

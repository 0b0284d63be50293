"""What one client asked for and holds of one type, and what it must be told about a name.

- `asked`: names it subscribed to. They stay until it unsubscribes; clients such as Envoy never do.
- `pushed`: names it holds without having asked: sent ahead, or listed on reconnect.
- `held`: resource name to the version it was last sent or told us of. ABSENT: it was told that
  there is nothing.
- `forced`: keys that get an answer even if it holds the present version.
- `refused`: the version of a resource that it rejected.

A key is the name by which the source is asked: an asked name, which may be an alias, or a
resource's own name. `held` and `refused` go by the resource's own name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from gossamer.xds.frame import ABSENT, Resource
from gossamer.xds.kinds import Leaving, Negative, TypeRules
from gossamer.xds.stream.batch import Batch, SharedMap, SharedSet


class ResourceVerdict(Enum):
    """What to do about a name when it is not to send a resource."""

    NOTHING = "the client knows already"
    REMOVE = "tell it in this response that the name is gone"
    LATER = "tell it once nothing points at the name any more"


@dataclass(slots=True)
class Holding:
    """One client's interest in one type and what it has of it."""

    kind: TypeRules
    asked: SharedSet = field(default_factory=SharedSet)
    pushed: SharedSet = field(default_factory=SharedSet)
    held: SharedMap = field(default_factory=SharedMap)
    forced: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    _name_of: dict[str, str] = field(default_factory=dict)

    @property
    def pristine(self) -> bool:
        """Whether the client neither asked for nor holds anything yet."""
        return not (self.asked or self.pushed or self.held or self.forced or self.refused)

    def ask_all(self, keys: frozenset[str]) -> None:
        """Note the first subscription of a pristine client."""
        self.asked.rest_on(keys)

    def hold_all(self, batch: Batch) -> None:
        """Note that a batch is on its way to a client that holds nothing."""
        self.held.rest_on(batch.versions)
        if not self.asked:
            self.pushed.rest_on(batch.names)

    def concerns(self, key: str) -> bool:
        """Whether a change of this name is the client's business."""
        return key in self.asked or key in self.pushed or key in self.held

    def name_of(self, key: str) -> str:
        """The resource's own name behind a key, as far as one was sent."""
        return self._name_of.get(key, key)

    def ask(self, key: str, first: bool) -> None:
        """Note a subscription; `first` if it came with the stream's first request of the type."""
        again = key in self.asked
        elsewhere = not first and (key not in self.held or not self.kind.keeps_unasked)
        if again or elsewhere:  # it dropped what it held, or holds it by another name at most
            self.forced.add(key)
        self.asked.add(key)

    def push(self, key: str) -> None:
        """Note an interest that we took for the client."""
        if key not in self.asked:
            self.pushed.add(key)

    def adopt(self, name: str, version: str) -> None:
        """Note what a reconnecting client says it holds."""
        self.held[name] = version
        self.pushed.add(name)

    def forget(self, key: str) -> None:
        """The client dropped the name and what it held under it."""
        self.asked.discard(key)
        self.pushed.discard(key)
        self.forced.discard(key)
        self.held.pop(self._name_of.pop(key, key), None)

    def decide(self, key: str, answer: Resource | None) -> Resource | ResourceVerdict:
        """What the client must be told about `key`, now that the source says `answer`."""
        if answer is None:
            return self._gone(key)
        if self.refused.get(answer.name) == answer.version:
            return self._instead_of_refused(key, answer.name)
        if self.held.get(answer.name) == answer.version and key not in self.forced:
            return ResourceVerdict.NOTHING
        return answer

    def _gone(self, key: str) -> Resource | ResourceVerdict:
        before = self.held.get(self.name_of(key))
        real = before is not None and before != ABSENT
        wanted = key in self.asked
        if (key in self.forced and (wanted or real)) or (wanted and before is None):
            return self.negative(key)
        if not real or self.kind.leaving is Leaving.NEVER:
            return ResourceVerdict.NOTHING
        return (
            ResourceVerdict.REMOVE
            if self.kind.leaving is Leaving.AT_ONCE
            else ResourceVerdict.LATER
        )

    def _instead_of_refused(self, key: str, name: str) -> Resource | ResourceVerdict:
        """A client that waits for a refused resource and has no older one must not hang."""
        before = self.held.get(name)
        waits = before is None or (before == ABSENT and key in self.forced)
        return self.negative(key) if key in self.asked and waits else ResourceVerdict.NOTHING

    def negative(self, key: str) -> Resource | ResourceVerdict:
        """The type's way to say that there is nothing by this name."""
        if callable(self.kind.negative):
            return self.kind.negative(key)
        silent = self.kind.negative is Negative.SILENCE
        return ResourceVerdict.NOTHING if silent else ResourceVerdict.REMOVE

    def sent(self, key: str, resource: Resource) -> str | None:
        """Note that a resource is on its way; the version held before."""
        before = self.held.get(resource.name)
        self.held[resource.name] = resource.version
        self.refused.pop(resource.name, None) if resource.version != ABSENT else None
        if key != resource.name:
            self._name_of[key] = resource.name
        self.push(key)
        return before

    def removed(self, key: str, name: str) -> str | None:
        """Note that a removal is on its way; the version held before."""
        before = self.held.pop(name, None)
        if before is not None and before != ABSENT:
            self.refused.pop(name, None)
        if key in self.asked:
            self.held[name] = ABSENT
        else:
            self.pushed.discard(key)
        return before

    def restore(self, name: str, before: str | None) -> None:
        """Take back what a refused response was thought to have changed."""
        if before is None:
            self.held.pop(name, None)
        else:
            self.held[name] = before

"""A protocol test as a conversation: `>>` is what goes in, `<<` what must come out, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from gossamer.xds.events import UNDECIDED, Acked, Answer, Event, Send, Undecided
from gossamer.xds.frame import DiscoveryRequest, Resource, frame_resource, parse_request
from gossamer.xds.kinds import kind_of
from gossamer.xds.stream.ordering import Stream
from gossamer.xds.stream.subscription import Subscription

nothing: tuple[()] = ()


def resource(
    type_url: str, name: str, version: str, needs: tuple[tuple[str, str], ...] = ()
) -> Resource:
    """A resource whose body is of no interest."""
    return frame_resource(type_url, name, version, b"body", needs=needs)


@dataclass
class Table:
    """A shelf that a test writes on; `unknown` names are undecided."""

    type_url: str
    rows: dict[str, Resource] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    everything: list[str] | Undecided = field(default_factory=list)

    def put(self, name: str, version: str, needs: tuple[tuple[str, str], ...] = ()) -> Resource:
        self.rows[name] = resource(self.type_url, name, version, needs)
        return self.rows[name]

    def get(self, name: str) -> Answer:
        return UNDECIDED if name in self.unknown else self.rows.get(name)

    def wildcard(self) -> Collection[str] | Undecided:
        return self.everything


def _plain(command: Any) -> Any:
    """A Send as (nonce, {name: version}, removed names); anything else as it is."""
    if not isinstance(command, Send):
        return command
    versions = {resource.name: resource.version for resource in command.resources}
    return (command.nonce, versions, list(command.removed))


class Playbook:
    """Plays events to one subscription and compares every command that comes out.

    Acked notes are left out unless `with_acks`: nearly every step would carry one.
    """

    def __init__(self, subscription: Subscription, with_acks: Iterable[str] = ()) -> None:
        self.subscription = subscription
        self.with_acks = with_acks
        self.out: list[Any] = []

    def __rshift__(self, event: Event) -> Playbook:
        assert not self.out, f"unexpected: {self.out}"
        notes = self.subscription.feed(event)
        self.out += [n for n in notes if self.with_acks or not isinstance(n, Acked)]
        while send := self.subscription.compose():
            self.out.append(_plain(send))
        self.out += self.subscription.notes()
        return self

    def __lshift__(self, expected: Any) -> Playbook:
        if expected is nothing:
            assert not self.out, f"unexpected: {self.out}"
        else:
            assert self.out, f"nothing came, expected {expected}"
            assert self.out.pop(0) == expected
        return self

    def __bool__(self) -> bool:
        assert not self.out, f"unexpected at the end: {self.out}"
        return True


class Book:
    """Plays requests to a whole stream; what comes out is (type's last word, names, removed)."""

    def __init__(self, tables: dict[str, Table]) -> None:
        self.tables = tables
        self.stream = Stream(self.table)

    def table(self, type_url: str) -> Table:
        return self.tables.setdefault(type_url, Table(type_url))

    def ask(self, type_url: str, *names: str, **more: Any) -> list[Any]:
        return self.say(DiscoveryRequest(type_url, names, **more))

    def say(self, request: DiscoveryRequest) -> list[Any]:
        self.stream.receive(request)
        return self.turn()

    def change(self, *changes: tuple[str, str]) -> list[Any]:
        for type_url, name in changes:
            self.stream.changed({type_url: [name]})
        return self.turn()

    def turn(self) -> list[Any]:
        self.sent = [said for said in self.stream.turn() if isinstance(said, Send)]
        return [self.short(send) for send in self.sent]

    def acknowledge(self) -> list[Any]:
        """Acknowledge all that the last turn sent."""
        for send in self.sent:
            self.stream.receive(DiscoveryRequest(send.type_url, nonce=send.nonce))
        return self.turn()

    def short(self, send: Send) -> Any:
        word = send.type_url.rsplit(".", 1)[1]
        return (
            word,
            [r.name for r in send.resources],
            *([list(send.removed)] * bool(send.removed)),
        )


__all__ = ["Book", "Playbook", "Table", "kind_of", "nothing", "parse_request", "resource"]

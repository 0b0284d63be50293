"""Whatever happens in whatever order, a client ends up with the truth, and never broken."""

from __future__ import annotations

import random

import pytest

from gossamer.contract.type_urls import CLUSTER, ENDPOINT, VIRTUAL_HOST
from gossamer.xds.events import Rejected, Send
from gossamer.xds.frame import ABSENT, DiscoveryRequest
from gossamer.xds.stream.ordering import Stream
from tests.xds.playbook import Table

NAMES = "abcd"
BAD = "bad"


class Life:
    """A random life of one stream: hosts that go to clusters of the same source."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tables = {t: Table(t) for t in (CLUSTER, ENDPOINT, VIRTUAL_HOST)}
        self.stream = Stream(self.tables.__getitem__)
        self.wire: list[Send] = []
        self.held: dict[str, dict[str, str]] = {t: {} for t in self.tables}
        self.refused: set[tuple[str, str, str]] = set()
        self.version = 0

    def start(self) -> None:
        """Open all types, as Envoy does; with what is held if it comes back."""
        for type_url, held in self.held.items():
            names = ("*",) if type_url != ENDPOINT else ()
            self.say(DiscoveryRequest(type_url, names, initial=dict(held)))
        self.say(DiscoveryRequest(VIRTUAL_HOST, tuple(NAMES[:2])))

    def say(self, request: DiscoveryRequest) -> None:
        notes = self.stream.receive(request)
        self.refused |= {(n.type_url, n.name, n.version) for n in notes if isinstance(n, Rejected)}
        self.turn()

    def turn(self) -> None:
        """What the server says goes on the wire; never what it knows to be refused."""
        sends = [said for said in self.stream.turn() if isinstance(said, Send)]
        sent = {(s.type_url, r.name, r.version) for s in sends for r in s.resources}
        assert not sent & self.refused
        self.wire += sends

    def change(self) -> None:
        """One name of one type appears, changes, turns bad or vanishes; hosts last."""
        name = self.random.choice(NAMES)
        type_url = self.random.choice(list(self.tables))
        table = self.tables[type_url]
        if self.random.random() < 0.3:
            table.rows.pop(name, None)
        else:
            self.version += 1
            bad = BAD if self.random.random() < 0.15 else ""
            needs = ((CLUSTER, name), (ENDPOINT, name)) if type_url == VIRTUAL_HOST else ()
            table.put(name, f"{self.version}{bad}", needs)
        self.stream.changed({type_url: [name]})
        self.turn()

    def read(self) -> None:
        """The client takes the oldest response, or refuses it after applying the good part."""
        if not self.wire:
            return
        send = self.wire.pop(0)
        names = [r.name for r in send.resources]
        assert len(set(names) | set(send.removed)) == len(names) + len(send.removed)
        held = self.held[send.type_url]
        for resource in send.resources:
            if not resource.version.endswith(BAD):
                held[resource.name] = resource.version
        for name in send.removed:
            held.pop(name, None)
        bad = any(r.version.endswith(BAD) for r in send.resources)
        error = "bad inside" if bad else None
        self.say(DiscoveryRequest(send.type_url, nonce=send.nonce, error=error))

    def settle(self) -> None:
        while self.wire:
            self.read()

    def reconnect(self) -> None:
        """The stream breaks; what was on the wire is lost."""
        self.wire.clear()
        self.refused.clear()
        self.stream = Stream(self.tables.__getitem__)
        self.start()


@pytest.mark.parametrize("seed", [*range(100), 622, 671, 821, 1555])
def test_the_client_ends_up_with_the_truth(seed: int) -> None:
    """Random changes, slow acknowledgements, refusals and reconnects: in the end the client holds
    the last good version of everything it asked for, and nothing that is gone."""
    life = Life(seed)
    life.start()
    for _ in range(120):
        life.random.choices([life.change, life.read, life.reconnect], [5, 6, 0.2])[0]()
    life.settle()
    for name in NAMES[:2]:
        row = life.tables[VIRTUAL_HOST].rows.get(name)
        held = life.held[VIRTUAL_HOST].get(name)
        if row is None:
            assert held in (None, ABSENT)
        elif not row.version.endswith(BAD):
            assert held == row.version
    for type_url in (CLUSTER, ENDPOINT):
        for name, version in life.held[type_url].items():
            row = life.tables[type_url].rows.get(name)
            if row is None:
                assert version == ABSENT
            elif not row.version.endswith(BAD):
                assert version == row.version
    assert life.stream.pending() == {}

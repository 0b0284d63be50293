"""A simulated sidecar, without I/O: what Envoy would ask, in Envoy's order, over delta ADS.

Clusters, their endpoints and secrets, then listeners, their route configurations and discovered
filters, and virtual hosts where a route configuration asks for them; then, on demand, the hosts
that its workload calls. Equal responses are looked into once for all sidecars, so that a thousand
fit into one process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from bench.look import Seen, look
from gossamer.contract.type_urls import (
    CLUSTER,
    ENDPOINT,
    EXTENSION,
    LISTENER,
    ROUTE,
    SECRET,
    VIRTUAL_HOST,
)
from gossamer.xds import wire

OWN = "default"
"""The secret that an agent answers, never the plane."""


@cache
def request(
    type_url: str, names: tuple[str, ...] = (), nonce: str = "", node: tuple[str, str] = ("", "")
) -> bytes:
    """A serialized DeltaDiscoveryRequest."""
    parts = [wire.text(2, type_url)]
    if node[0]:
        parts.insert(0, wire.field(1, wire.text(1, node[0]) + wire.text(2, node[1])))
    parts += [wire.field(3, name.encode()) for name in names]
    return b"".join((*parts, wire.text(6, nonce)))


@dataclass(slots=True)
class Sidecar:
    """One proxy's side of its stream. `calls` are the virtual hosts it will ask for."""

    pod: str
    calls: tuple[str, ...] = ()
    secrets: bool = True
    known: dict[str, set[str]] = field(default_factory=dict)
    waiting: dict[str, set[str]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    received: int = 0

    @property
    def ready(self) -> bool:
        """Whether it has everything that it asked for."""
        unanswered = {LISTENER, *self.opened} - self.answered
        return not unanswered and not any(self.waiting.values())

    def opening(self) -> Iterator[bytes]:
        """The first request of the stream."""
        self.opened.add(CLUSTER)
        name, _, namespace = self.pod.rpartition("/")[2], "", self.pod.partition("/")[0]
        yield request(CLUSTER, node=(f"{name}.{namespace}", f"onlookers.{namespace}"))

    def receive(self, data: bytes) -> Iterator[bytes]:
        """Take a response; its ACK and what follows from it."""
        self.received += len(data)
        seen = look(data)
        self.answered.add(seen.type_url)
        self.waiting.get(seen.type_url, set()).difference_update(seen.names)
        yield from self._follow(seen)
        yield request(seen.type_url, nonce=seen.nonce)
        yield from self._next()

    def _follow(self, seen: Seen) -> Iterator[bytes]:
        yield from self._ask(ENDPOINT, seen.endpoints)
        if self.secrets:
            yield from self._ask(SECRET, seen.secrets - {OWN})
        yield from self._ask(ROUTE, seen.routes)
        yield from self._ask(EXTENSION, seen.extensions)
        if seen.asks_hosts and VIRTUAL_HOST not in self.opened:
            self.opened.add(VIRTUAL_HOST)
            yield request(VIRTUAL_HOST)
        if seen.type_url == VIRTUAL_HOST:
            for call in self.calls:
                yield from self._ask(VIRTUAL_HOST, frozenset({call}))

    def _ask(self, type_url: str, names: Iterable[str]) -> Iterator[bytes]:
        known = self.known.setdefault(type_url, set())
        fresh = sorted(set(names) - known)
        if fresh:
            known.update(fresh)
            self.waiting.setdefault(type_url, set()).update(fresh)
            yield request(type_url, tuple(fresh))

    def _next(self) -> Iterator[bytes]:
        """Listeners are asked for once every cluster has its endpoints."""
        if LISTENER not in self.opened and not self.waiting.get(ENDPOINT):
            self.opened.add(LISTENER)
            yield request(LISTENER)

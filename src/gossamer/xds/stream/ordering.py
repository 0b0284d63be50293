"""All types of one delta ADS stream, and in which order they are told. Pure, like its parts.

A turn says what can be said now, make before break:

- what is pointed at goes before what points at it (`kinds.ORDER`);
- a Cluster takes its ClusterLoadAssignment along in the same turn, changed or not: Envoy warms a
  changed cluster until it gets the endpoints again and does not ask for them;
- a reconnecting Envoy asks for endpoints last; until then nothing new that points at clusters goes
  out behind a new cluster, which would still be warming;
- a RouteConfiguration takes along the virtual hosts `ITS_NAME/...` that a subscription to
  everything takes in: only the first one on a stream asks, another warms until it gets one;
- what a resource needs (`Resource.needs`) is pushed before it, asked or not;
- removals of what others point at wait until everything said before them is acknowledged, then
  go in reverse. Listeners and virtual hosts, at which nothing points, leave with the change
  that drops them (a listener on the same address needs that).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from gossamer.contract.type_urls import CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST
from gossamer.xds.events import (
    Ack,
    Changed,
    Event,
    Nack,
    Note,
    ResourceSource,
    Send,
    StreamFailed,
    Subscribe,
    Unsubscribe,
)
from gossamer.xds.frame import DiscoveryRequest
from gossamer.xds.kinds import ORDER, kind_of
from gossamer.xds.stream.subscription import NAMES_AT_MOST, Subscription

TYPES_AT_MOST = 32
POINTING = (LISTENER, ROUTE, VIRTUAL_HOST)
"""The types that name clusters."""

Parting = tuple[int, str, tuple[str, ...]]
"""Names of a type that leave once all up to that response is acknowledged."""


class Stream:
    """The server's side of one stream: a subscription per type, and the order over them."""

    def __init__(
        self, shelf_of: Callable[[str], ResourceSource], names_at_most: int = NAMES_AT_MOST
    ) -> None:
        self._shelf_of = shelf_of
        self._names_at_most = names_at_most
        self._types: dict[str, Subscription] = {}
        self._in_order: list[str] = []
        self._sequence = 0
        self._in_flight: dict[tuple[str, str], int] = {}
        self._parting: list[Parting] = []
        self._reconnected = False
        self._heard_back = False

    def subscription(self, type_url: str) -> Subscription:
        """The subscription of a type, made when first spoken of."""
        if type_url not in self._types:
            source = self._shelf_of(type_url)
            self._types[type_url] = Subscription(kind_of(type_url), source, self._names_at_most)
            others = [each for each in self._types if each not in ORDER]
            self._in_order = [each for each in ORDER if each in self._types] + others
        return self._types[type_url]

    def receive(self, request: DiscoveryRequest) -> list[Note]:
        """Take a client's request in."""
        known = request.type_url in self._types
        if not known and len(self._types) >= TYPES_AT_MOST:
            return []
        subscription = self.subscription(request.type_url)
        self._reconnected |= bool(request.initial)
        if request.nonce:
            self._heard_back = True
            self._in_flight.pop((request.type_url, request.nonce), None)
        events = _events(request, subscription.started)
        return [note for event in events for note in subscription.feed(event)]

    def changed(self, names: Mapping[str, Iterable[str]]) -> None:
        """The sources may answer differently for these names, by type."""
        for type_url, changed in names.items():
            if type_url in self._types:
                self._types[type_url].feed(Changed(changed))

    def turn(self) -> list[Send | Note]:
        """Everything that can be said now, in order."""
        commands = self._forward()
        if due := self._due():
            commands += [self._counted(send) for send in self._part(due)]
            commands += self._forward()  # what was to leave may have come back meanwhile
        commands += [note for each in self._types.values() for note in each.notes()]
        return commands

    def _forward(self) -> list[Send | Note]:
        """All that is new, pointed-at types first."""
        commands: list[Send | Note] = []
        for type_url in self._in_order:
            if not self._types[type_url].speaks():
                continue
            if type_url in POINTING and self._endpoints_are_owed():
                continue
            try:
                commands += [self._counted(send) for send in self._advance(type_url)]
            except Exception as error:  # one type's fault must not silence the others
                commands.append(StreamFailed(type_url, "", error))
        return commands

    def _endpoints_are_owed(self) -> bool:
        """Whether a cluster is out whose endpoints the client has not asked for yet.

        It will: it asks before it acknowledges the cluster, or it refuses that.
        """
        endpoints = self._types.get(ENDPOINT)
        if endpoints is None or endpoints.started:
            return False
        sent = any(type_url == CLUSTER for type_url, _ in self._in_flight)
        return sent and endpoints.owes()

    def pending(self) -> dict[str, set[str]]:
        """By type, the names that the client has yet to acknowledge."""
        return {t: names for t, each in self._types.items() if (names := each.pending())}

    def waits(self, type_url: str) -> bool:
        """Whether something of a type is still to be said."""
        return type_url in self._types and self._types[type_url].waits()

    def _counted(self, send: Send) -> Send:
        self._sequence += 1
        self._in_flight[send.type_url, send.nonce] = self._sequence
        return send

    def _advance(self, type_url: str) -> Iterator[Send]:
        while send := self._types[type_url].compose():
            yield from self._with_company(send)

    def _with_company(self, send: Send) -> Iterator[Send]:
        """The response between what must come before it and what must follow it."""
        for type_url, names in self._missing(send).items():
            ahead = self.subscription(type_url)
            ahead.push(names)
            if needed := ahead.compose_now(names):
                yield from self._with_company(needed)
        yield send
        for type_url, names in self._followers(send).items():
            behind = self.subscription(type_url)
            behind.repeat(names)
            if follow := behind.compose_now(names):
                yield from self._with_company(follow)

    def _followers(self, send: Send) -> dict[str, list[str]]:
        """What Envoy must hear again behind these resources, for it does not ask again."""
        if send.type_url == CLUSTER:
            return {ENDPOINT: list(send.names)} if self._expects(ENDPOINT) else {}
        if send.type_url == ROUTE and VIRTUAL_HOST in self._types:
            prefixes = tuple(f"{name}/" for name in send.names)
            hosts = self.subscription(VIRTUAL_HOST).everything()
            return {VIRTUAL_HOST: [host for host in hosts if host.startswith(prefixes)]}
        return {}

    def _missing(self, send: Send) -> dict[str, list[str]]:
        """What the resources need and the client does not hold, pointed-at types first.

        Not the endpoints of clusters: Envoy forgets what it gets for an unknown cluster.
        """
        needed: dict[str, list[str]] = {type_url: [] for type_url in ORDER}
        for resource in send.resources:
            for type_url, name in resource.needs:
                needed.setdefault(type_url, []).append(name)
        for type_url, names in send.batch.needs.items() if send.batch else ():
            needed.setdefault(type_url, []).extend(names)
        return {
            type_url: missing
            for type_url, names in needed.items()
            if names
            and (send.type_url, type_url) != (CLUSTER, ENDPOINT)
            and self._expects(type_url)
            and (missing := self._not_held(type_url, names))
        }

    def _expects(self, type_url: str) -> bool:
        """Whether pushing this type without a request makes sense.

        A client that has not opened it, and brought nothing along, will ask for what it lacks.
        """
        return self._reconnected or self.subscription(type_url).started

    def _not_held(self, type_url: str, names: Iterable[str]) -> list[str]:
        return self.subscription(type_url).holding.held.lacking(names)

    def _part(self, due: Iterable[Parting]) -> Iterator[Send]:
        """The removals whose time has come."""
        for _, type_url, names in due:
            if send := self._types[type_url].leave(names):
                yield send

    def _due(self) -> list[Parting]:
        """Removals of which all that was said before them is acknowledged.

        A reconnected client says what it holds type by type. Until its first ACK we cannot know
        of all types, and what still points at the leaving may be among them.
        """
        if self._reconnected and not self._heard_back:
            return []
        if not any(each.waits() for each in self._types.values()):
            self._note_leaving()
        if not self._parting:
            return []
        oldest = min(self._in_flight.values(), default=self._sequence + 1)
        due = [parting for parting in self._parting if parting[0] < oldest]
        self._parting = [parting for parting in self._parting if parting[0] >= oldest]
        return due

    def _note_leaving(self) -> None:
        """Everything new is said; what leaves waits for the ACK of all of it."""
        if not any(each.leaving for each in self._types.values()):
            return
        noted = {(type_url, name) for _, type_url, names in self._parting for name in names}
        for type_url in reversed(self._in_order):
            names = [n for n in self._types[type_url].leaving if (type_url, n) not in noted]
            if names:
                self._parting.append((self._sequence, type_url, tuple(names)))


def _events(request: DiscoveryRequest, started: bool) -> Iterator[Event]:
    if request.nonce and request.error is not None:
        yield Nack(request.nonce, request.error)
    elif request.nonce:
        yield Ack(request.nonce)
    if request.unsubscribe:
        yield Unsubscribe(request.unsubscribe)
    if request.subscribe or not started:
        yield Subscribe(request.subscribe, request.initial)

"""The relay between one Envoy and the plane, without I/O: events in, commands out.

Downstream events come from the proxy's stream (asked, refused), upstream ones from the plane's
(opened, received, lost), and time passes (waited). The commands say what to write where; the
shell (proxy.py) carries them out in order, the disk before the proxy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gossamer.agent.relay.needs import awaits_endpoints, clusters_of, holds_key
from gossamer.agent.relay.plane_subscription import ALWAYS_OPEN, PlaneSubscription
from gossamer.agent.relay.resources import RelayCache
from gossamer.agent.relay.stand_in import HAS_STAND_IN, stand_in
from gossamer.contract.route_names import is_eager
from gossamer.contract.type_urls import CLUSTER, ENDPOINT, EXTENSION, SECRET, VIEWS, VIRTUAL_HOST
from gossamer.xds.events import UNDECIDED
from gossamer.xds.frame import ABSENT, DiscoveryRequest, DiscoveryResponse, Node, Resource, body_of

PATIENCE_S = 0.8
"""How long the plane may take for a name before the relay answers for it: nobody waits a second,
and most restarts of the plane are over by then."""

REMEMBERED_TYPES = (CLUSTER, VIRTUAL_HOST)


@dataclass(frozen=True, slots=True)
class Up:
    """Send this to the plane."""

    request: DiscoveryRequest


@dataclass(frozen=True, slots=True)
class Later:
    """Send this to the plane soon: the proxy has its answer and should not wait for our talk."""

    request: DiscoveryRequest


@dataclass(frozen=True, slots=True)
class Down:
    """The proxy's stream must look at these names again."""

    type_url: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """Write a resource to disk."""

    type_url: str
    resource: Resource


@dataclass(frozen=True, slots=True)
class Lose:
    """Take a name off the disk."""

    type_url: str
    name: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Call `waited` with these names after so many seconds."""

    seconds: float
    type_url: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remember:
    """The workload uses these names; its next life should find them ready."""

    type_url: str
    names: tuple[str, ...]


Command = Up | Later | Down | Keep | Lose | Wait | Remember
Neighbour = Callable[[str, str], Resource | None]
"""(type URL, name) to what a proxy with the same view holds; None if no such proxy does."""


def no_neighbour(type_url: str, name: str) -> Resource | None:
    """The neighbour of a proxy that is alone."""
    return None


def _asked_for_again(
    kept: Mapping[str, Mapping[str, Resource]],
) -> Iterator[tuple[str, Iterable[str]]]:
    """What is on disk of types that are asked for by name: the proxy runs it, and will ask.

    Asked in the first request of a stream, beside the versions held, it costs no resource;
    asked later it would be sent again.
    """
    return ((type_url, named) for type_url, named in kept.items() if type_url not in ALWAYS_OPEN)


def _views_in(resource: Resource | None) -> Mapping[str, str]:
    """Type URL to digest, as the plane said; nothing of what it did not say."""
    body = body_of(resource) if resource else None
    try:
        digests = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return (
        {str(key): str(value) for key, value in digests.items()}
        if isinstance(digests, dict)
        else {}
    )


class RelayCore:
    """One proxy's relay.

    `connected` is whether the plane accepted the stream, `views` what decides the proxy's
    resources: digests by type URL.

    A new cluster and its endpoints come in two responses, and are handed on together: between the
    two a route could already lead to a cluster without endpoints.
    """

    def __init__(
        self,
        node: Node,
        kept: Mapping[str, Mapping[str, Resource]],
        remembered: Mapping[str, Iterable[str]],
        neighbour: Neighbour = no_neighbour,
    ) -> None:
        self.cache = RelayCache(kept)
        self.subscription = PlaneSubscription(node, self.cache)
        self.connected = False
        self.refused: dict[tuple[str, str], tuple[str, str]] = {}
        self._neighbour = neighbour
        self._used: dict[str, set[str]] = {t: set(names) for t, names in remembered.items()}
        self._last_good: dict[tuple[str, str], Resource | None] = {}
        self._held_back: dict[str, Resource] = {}
        self.views = _views_in(self.cache.known(VIEWS, node.id))
        self.subscription.ask(VIEWS, [node.id])
        for type_url, names in (*remembered.items(), *_asked_for_again(kept)):
            self.subscription.ask(type_url, names)

    @property
    def has_all_hosts(self) -> bool:
        """Whether the plane gave this proxy all hosts without being asked, in this life of ours or
        before."""
        known = self.cache.wildcard(VIRTUAL_HOST)
        return known is not UNDECIDED and any(map(is_eager, known))

    # The proxy

    def asked(self, type_url: str, names: Collection[str]) -> list[Command]:
        """The proxy wants names that it did not want before."""
        unknown = [name for name in names if self.cache.get(type_url, name) is UNDECIDED]
        out = [c for name in unknown for c in self._borrow(type_url, name)]
        # What the plane pushed ahead is subscribed by that; anything else is asked for.
        wanted = unknown if type_url in (ENDPOINT, EXTENSION, SECRET) else names
        still = [name for name in unknown if self.cache.get(type_url, name) is UNDECIDED]
        out += map(Up if still else Later, self.subscription.ask(type_url, wanted))
        return out + self._remember(type_url, names) + self._wait(type_url, still)

    def rejected(self, type_url: str, name: str, version: str, message: str) -> list[Command]:
        """The proxy refuses a version; the last good one takes its place, on disk too."""
        self.subscription.rejected(type_url, name, version, message)
        present = self.cache.known(type_url, name)
        if present is None or present.version != version:
            return []
        self.refused[type_url, name] = (version, message)
        good = self._last_good.pop((type_url, name), None)
        if good is None:
            self.cache.drop(type_url, name)
            return [Lose(type_url, name)]
        self.cache.put(type_url, good)
        return [Keep(type_url, good)]

    def acked(self, type_url: str, versions: Mapping[str, str]) -> None:
        """The proxy runs these versions: there is no older one to go back to."""
        for name, version in versions.items():
            present = self.cache.known(type_url, name)
            if present is not None and present.version == version:
                self._last_good.pop((type_url, name), None)

    def settle(self, pending: Mapping[str, Collection[str]]) -> list[Command]:
        """The proxy has spoken, or there is none: pass on the verdicts that are complete."""
        if self._held_back:
            pending = {**pending, CLUSTER: {*pending.get(CLUSTER, ()), *self._held_back}}
        return [Up(request) for request in self.subscription.verdicts(pending)]

    # The plane

    def opening(self) -> list[DiscoveryRequest]:
        """The first requests on a new stream to the plane."""
        return self.subscription.opening()

    def opened(self) -> None:
        """The plane accepted the stream."""
        self.connected = True

    def lost(self) -> list[Command]:
        """The plane is away; what it has not answered is answered for it soon."""
        self.connected = False
        self._held_back.clear()  # not said to be held, so they come again
        return [
            command
            for type_url, names in self.subscription.asked.items()
            for command in self._wait(
                type_url, [n for n in names if self.cache.get(type_url, n) is UNDECIDED]
            )
        ]

    def received(self, response: DiscoveryResponse) -> list[Command]:
        """Take a response of the plane in."""
        type_url = response.type_url
        refused = self._refused_before(response)
        self.subscription.received(response, refused)
        first = self.cache.answered(type_url)
        changed: list[str] = ["*"] if first else []
        taken = [r for r in response.resources if r.name not in refused]
        out: list[Command] = []
        if type_url == CLUSTER and not first:
            taken, out = self._hold_back(taken)
        for resource in taken:
            out += self._take(type_url, resource, changed)
        for name in response.removed:
            out += self._gone(type_url, name, changed)
        out += self._remember(type_url, [r.name for r in response.resources])
        if type_url == ENDPOINT:
            out += self._release(r.name for r in taken)
        return [*out, Down(type_url, tuple(changed))] if changed else out

    def waited(self, type_url: str, names: Iterable[str]) -> list[Command]:
        """Patience is over: answer for the plane what it has not answered."""
        out = self._release(names) if type_url == CLUSTER else []
        late = tuple(name for name in names if self.cache.get(type_url, name) is UNDECIDED)
        for name in late:
            self.cache.stand_in(type_url, name, stand_in(type_url, name))
        return [*out, Down(type_url, late)] if late else out

    # How

    def _hold_back(self, clusters: list[Resource]) -> tuple[list[Resource], list[Command]]:
        """The clusters that may be handed on now; the others wait for their endpoints."""
        early = {
            cluster.name: cluster
            for cluster in clusters
            if not self.cache.known(ENDPOINT, cluster.name)
            and not self.cache.known(CLUSTER, cluster.name)
            and awaits_endpoints(cluster)
        }
        self._held_back |= early
        rest = [cluster for cluster in clusters if cluster.name not in early]
        return rest, [Wait(PATIENCE_S, CLUSTER, tuple(early))] if early else []

    def _release(self, names: Iterable[str]) -> list[Command]:
        """Hand on what waited for endpoints of these names."""
        out: list[Command] = []
        changed: list[str] = []
        for cluster in [self._held_back.pop(name) for name in names if name in self._held_back]:
            out += self._take(CLUSTER, cluster, changed)
        if changed:
            out += [*self._remember(CLUSTER, changed), Down(CLUSTER, tuple(changed))]
        return out

    def _refused_before(self, response: DiscoveryResponse) -> dict[str, str]:
        """Name to message of resources in a version that this proxy has refused already."""
        known = ((r, self.refused.get((response.type_url, r.name))) for r in response.resources)
        return {r.name: was[1] for r, was in known if was is not None and was[0] == r.version}

    def _take(self, type_url: str, resource: Resource, changed: list[str]) -> list[Command]:
        if resource.version == ABSENT and type_url != ENDPOINT:
            return self._gone(type_url, resource.name, changed)
        if resource.version != ABSENT:
            self.refused.pop((type_url, resource.name), None)
        present = self.cache.known(type_url, resource.name)
        if present is not None and present.version == resource.version:
            return []
        self._last_good.setdefault((type_url, resource.name), present)
        self.cache.put(type_url, resource)
        if type_url == VIEWS:
            self.views = _views_in(resource)
        changed += dict.fromkeys((resource.name, *resource.aliases))
        return [Keep(type_url, resource)]

    def _gone(self, type_url: str, name: str, changed: list[str]) -> list[Command]:
        if type_url == CLUSTER:
            self._held_back.pop(name, None)
        self._last_good.pop((type_url, name), None)
        before = self.cache.drop(type_url, name)
        if type_url == VIEWS:
            self.views = {}
        changed.append(name)
        if before is None:  # perhaps the plane's "no" to what was refused: the refusal stands
            return []
        self.refused.pop((type_url, name), None)
        out: list[Command] = [Lose(type_url, name)]
        if type_url == CLUSTER:  # its endpoints go with it, as they do in Envoy
            self.cache.forget(ENDPOINT, name)
            out.append(Lose(ENDPOINT, name))
            out += map(Up, self.subscription.drop(ENDPOINT, [name]))
        return out

    def _borrow(self, type_url: str, name: str) -> list[Command]:
        """Answer from a neighbour, with everything that the answer needs, or not at all.

        A private key comes from the plane alone, which knows who may have it at this moment.
        """
        if holds_key(type_url, name):
            return []
        resource = self._neighbour(type_url, name)
        if resource is None or resource.version == ABSENT:
            return []
        taken = [(type_url, resource)]
        if type_url in (CLUSTER, VIRTUAL_HOST):
            clusters = clusters_of(resource) if type_url == VIRTUAL_HOST else [name]
            for needed in [(t, c) for t in (ENDPOINT, CLUSTER) for c in clusters]:
                if self.cache.known(*needed) or needed == (type_url, name):
                    continue
                lent = self._neighbour(*needed)
                if lent is not None:
                    taken.append((needed[0], lent))
                elif needed[0] == CLUSTER:
                    return []
        return self._lend(taken)

    def _lend(self, taken: list[tuple[str, Resource]]) -> list[Command]:
        """Put borrowed resources into the cache, what is pointed at first."""
        out: list[Command] = []
        for type_url in (ENDPOINT, CLUSTER, *{t for t, _ in taken} - {ENDPOINT, CLUSTER}):
            lent = [resource for of_type, resource in taken if of_type == type_url]
            for resource in lent:
                self.cache.put(type_url, resource)
                out.append(Keep(type_url, resource))
            if lent:
                out.append(Down(type_url, tuple(resource.name for resource in lent)))
        return out

    def _remember(self, type_url: str, names: Iterable[str]) -> list[Command]:
        """Names that were asked for and exist are worth having ready in a next life."""
        if type_url not in REMEMBERED_TYPES:
            return []
        used = self._used.setdefault(type_url, set())
        asked = self.subscription.asked.get(type_url, {})
        new = tuple(
            name
            for name in names
            if name in asked and name not in used and self.cache.known(type_url, name)
        )
        used.update(new)
        return [Remember(type_url, new)] if new else []

    def _wait(self, type_url: str, names: Collection[str]) -> list[Command]:
        if not names or type_url not in HAS_STAND_IN:
            return []
        at_once = type_url == ENDPOINT and not self.connected
        return [Wait(0.0 if at_once else PATIENCE_S, type_url, tuple(names))]

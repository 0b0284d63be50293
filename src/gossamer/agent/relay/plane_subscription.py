"""The relay as a client of the plane, for one proxy, without I/O: what to ask, what to answer.

The plane should see what Envoy sees. So a response is acknowledged when the proxy acknowledged
all of it (or at once if there is no proxy to wait for), and refused with the proxy's own words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from gossamer.agent.relay.resources import RelayCache
from gossamer.contract.type_urls import (
    CLUSTER,
    ENDPOINT,
    EXTENSION,
    LISTENER,
    VIEWS,
    VIRTUAL_HOST,
)
from gossamer.xds.events import EVERYTHING
from gossamer.xds.frame import DiscoveryRequest, DiscoveryResponse, Node
from gossamer.xds.kinds import ORDER, kind_of

ALWAYS_OPEN = (CLUSTER, ENDPOINT, EXTENSION, LISTENER, VIRTUAL_HOST)
"""Types asked for before Envoy does, so that it finds them ready; the rest when a name is asked."""

OPENING = (VIEWS, ENDPOINT, *(t for t in ORDER if t not in (VIEWS, ENDPOINT)))
"""In which order types are opened: clusters take along the endpoints of who has opened these."""


class PlaneSubscription:
    """What is subscribed at the plane for one proxy, and which responses await a verdict."""

    def __init__(self, node: Node, cache: RelayCache) -> None:
        self.asked: dict[str, dict[str, None]] = {}
        self._node = node
        self._cache = cache
        self._awaiting: dict[tuple[str, str], dict[str, str]] = {}
        self._refusals: dict[tuple[str, str], list[str]] = {}

    def opening(self) -> list[DiscoveryRequest]:
        """The first requests of a stream: every name, and the version of everything held."""
        self._awaiting.clear()
        self._refusals.clear()
        types = [t for t in OPENING if t in ALWAYS_OPEN or self.asked.get(t)]
        others = [t for t in self.asked if t not in ORDER]
        first, *rest = [self._first(type_url) for type_url in types + others]
        return [replace(first, node=self._node), *rest]

    def _first(self, type_url: str) -> DiscoveryRequest:
        star = (EVERYTHING,) if kind_of(type_url).empty_is_all else ()
        names = (*star, *self.asked.get(type_url, ()))
        return DiscoveryRequest(type_url, names, initial=self._cache.versions(type_url))

    def ask(self, type_url: str, names: Iterable[str]) -> list[DiscoveryRequest]:
        """Subscribe to names that are not subscribed yet."""
        asked = self.asked.setdefault(type_url, {})
        fresh = tuple(name for name in names if name not in asked)
        asked.update(dict.fromkeys(fresh))
        return [DiscoveryRequest(type_url, fresh)] if fresh else []

    def drop(self, type_url: str, names: Iterable[str]) -> list[DiscoveryRequest]:
        """Take no more interest in names, whether asked for or pushed to us."""
        names = tuple(names)
        for name in names:
            self.asked.get(type_url, {}).pop(name, None)
        return [DiscoveryRequest(type_url, unsubscribe=names)] if names else []

    def received(self, response: DiscoveryResponse, refused: Mapping[str, str]) -> None:
        """Await the proxy's verdict on a response; `refused` names what it refused before."""
        key = (response.type_url, response.nonce)
        self._awaiting[key] = {r.name: r.version for r in response.resources}
        self._awaiting[key] |= dict.fromkeys(response.removed, "")
        if refused:
            self._refusals[key] = list(refused.values())

    def rejected(self, type_url: str, name: str, version: str, message: str) -> None:
        """The proxy refuses a version: so is each response refused that carried it."""
        for (of_type, nonce), versions in self._awaiting.items():
            if of_type == type_url and versions.get(name) == version:
                self._refusals.setdefault((of_type, nonce), []).append(message)

    def verdicts(self, pending: Mapping[str, Collection[str]]) -> list[DiscoveryRequest]:
        """ACK or NACK of each response of which nothing is pending at the proxy any more."""
        ready = [
            (type_url, nonce)
            for (type_url, nonce), versions in self._awaiting.items()
            if not any(name in pending.get(type_url, ()) for name in versions)
        ]
        return [self._verdict(key) for key in ready]

    def _verdict(self, key: tuple[str, str]) -> DiscoveryRequest:
        del self._awaiting[key]
        refusals = self._refusals.pop(key, None)
        type_url, nonce = key
        error = "; ".join(dict.fromkeys(refusals)) if refusals is not None else None
        return DiscoveryRequest(type_url, nonce=nonce, error=error)

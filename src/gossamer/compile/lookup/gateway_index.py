"""Gateways by name and by selector, and the pods that serve each: indices of the facts of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from immutables import Map

from gossamer.compile.engine.once import Once
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.origin import ObjectRef
from gossamer.model.traffic.gateway import Gateway
from gossamer.model.workload.labels import Labels, selects

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GatewayIndex:
    """All Gateways: the strongest first, by id, and by the first pair of their selectors."""

    by_id: Mapping[str, Gateway]
    by_pair: Mapping[Pair, tuple[tuple[int, Gateway], ...]]

    def selecting(self, namespace: str, labels: Labels) -> Iterator[Gateway]:
        """The Gateways that select pods of these labels, the strongest first.

        An Istio Gateway selects pods of any namespace, a Gateway API one those of its own.
        """
        near = sorted(
            (at, gateway)
            for pair in labels
            for at, gateway in self.by_pair.get(pair, ())
            if is_near(gateway, namespace) and selects(gateway.selector, labels)
        )
        return (gateway for _, gateway in near)


def is_near(gateway: Gateway, namespace: str) -> bool:
    """Whether pods of this namespace may serve it."""
    return gateway.dialect is Dialect.ISTIO or gateway.namespace == namespace


def _indexed(gateways: tuple[Gateway, ...]) -> GatewayIndex:
    by_pair: dict[Pair, list[tuple[int, Gateway]]] = {}
    for at, gateway in enumerate(gateways):
        for pair in gateway.selector[:1]:
            by_pair.setdefault(pair, []).append((at, gateway))
    return GatewayIndex(
        {gateway.id: gateway for gateway in gateways},
        {pair: tuple(entries) for pair, entries in by_pair.items()},
    )


_INDEX = Once(_indexed)


def all_gateways(read: TrackedLookup) -> tuple[Gateway, ...]:
    """Every Gateway, the strongest first."""
    return read.lookup(tables.GATEWAYS, EVERYWHERE) or ()


def gateway_index(read: TrackedLookup) -> GatewayIndex:
    """The index of all Gateways as they are now."""
    return _INDEX(all_gateways(read))


Alike = tuple[str, ...]
"""Pods (`NS/POD`) of one namespace and equal labels: they serve the same Gateways."""
Serving = Mapping[ObjectRef, tuple[Alike, ...]]


def _serving(gateways: tuple[Gateway, ...], pods: Map[str, Labels]) -> Serving:
    index, alike = _INDEX(gateways), dict[ObjectRef, list[Alike]]()
    groups = _alike(pods)
    for (namespace, labels), keys in groups.items():
        for gateway in index.selecting(namespace, labels):
            alike.setdefault(gateway.object, []).append(keys)
    for gateway in (each for each in gateways if not each.selector):
        near = [keys for (home, _), keys in groups.items() if is_near(gateway, home)]
        alike[gateway.object] = near
    return {gateway: tuple(keys) for gateway, keys in alike.items()}


def _alike(pods: Map[str, Labels]) -> dict[tuple[str, Labels], Alike]:
    pods_alike: dict[tuple[str, Labels], list[str]] = {}
    for key in sorted(pods):
        pods_alike.setdefault((key.partition("/")[0], pods[key]), []).append(key)
    return {at: tuple(keys) for at, keys in pods_alike.items()}


_SERVING = Once(_serving)
_NOBODY: Map[str, Labels] = Map()


def serving(read: TrackedLookup) -> Serving:
    """The gateways' pods that serve each Gateway."""
    pods = read.lookup(tables.GATEWAY_PODS, EVERYWHERE)
    return _SERVING(all_gateways(read), _NOBODY if pods is None else pods)


def gateway_pods(read: TrackedLookup, gateway: Gateway) -> frozenset[str]:
    """The gateways' pods (`NS/POD`) that serve this Gateway."""
    return frozenset(key for keys in serving(read).get(gateway.object, ()) for key in keys)

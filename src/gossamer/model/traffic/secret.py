"""Secrets that gateways serve with, whose bytes never show in a repr, and namespaces."""

from __future__ import annotations

from dataclasses import dataclass, field

from gossamer.model.origin import ObjectRef


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the first certificate of a chain says: its hosts, and when it holds (Unix seconds)."""

    names: tuple[str, ...]
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Secret:
    """A TLS secret: PEM chain and key, and a PEM bundle of roots where it has one.

    `leaf` is what the chain's first certificate says, None where there is no chain.
    """

    object: ObjectRef
    namespace: str
    name: str
    chain: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    roots: bytes = field(default=b"", repr=False)
    leaf: Leaf | None = None


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and its labels, which gateways and injection choose by."""

    object: ObjectRef
    name: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProxyAsked:
    """A workload that asks for a proxy beside its pods, in a namespace that may say otherwise."""

    object: ObjectRef
    namespace: str

"""Who may call the bearers of a service account, and what of them: SMI's traffic targets.

A target refers to routes and to identities that are objects of their own. So it becomes an
`Authorization` only where it is looked up (`compile/lookup/traffic_targets.py`), in the mesh that
holds all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gossamer.model.origin import ObjectRef
from gossamer.model.workload.labels import Labels


class PartyKind(StrEnum):
    """What stands for a workload."""

    ACCOUNT = "ServiceAccount"
    BINDING = "IdentityBinding"


class RouteKind(StrEnum):
    """What describes calls."""

    HTTP = "HTTPRouteGroup"
    TCP = "TCPRoute"
    UDP = "UDPRoute"


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a call. `field` is the place in the object that names it."""

    kind: PartyKind
    namespace: str
    name: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class RouteReference:
    """Routes of the target's namespace: all matches of an object, or those of these names."""

    kind: RouteKind
    name: str
    matches: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True)
class TrafficTarget:
    """The sources that may call a destination by these routes, and nobody else.

    `port` narrows it to one port of the destination, as versions before v1alpha4 say it.
    """

    object: ObjectRef
    namespace: str
    destination: Party
    sources: tuple[Party, ...]
    routes: tuple[RouteReference, ...]
    port: int | None = None


@dataclass(frozen=True, slots=True)
class HttpMatch:
    """Requests: path and headers by regular expressions that match as a whole, any of the methods.

    What is empty is not looked at.
    """

    name: str
    path: str = ""
    methods: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TrafficRoutes:
    """What one object says of calls: the requests of an HTTPRouteGroup, the ports of the others."""

    object: ObjectRef
    kind: RouteKind
    namespace: str
    name: str
    matches: tuple[HttpMatch, ...] = ()
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityBinding:
    """One name for workloads of its namespace: by account, by labels, by names in certificates.

    `principals` are `TRUST-DOMAIN/PATH`.
    """

    object: ObjectRef
    namespace: str
    name: str
    account: str = ""
    principals: tuple[str, ...] = ()
    selectors: tuple[Labels, ...] = ()

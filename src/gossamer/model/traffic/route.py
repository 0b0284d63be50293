"""Routes: which requests go to which backends, in one shape for every dialect."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gossamer.model.addressing.host_owner import at_home
from gossamer.model.ids import EVERYWHERE, Dialect
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import NO_POLICIES, Policies
from gossamer.model.workload.labels import Labels

MESH = "mesh"


class Compare(StrEnum):
    """How a string is compared. PATH_PREFIX compares whole path segments (Gateway API)."""

    EXACT = "exact"
    PREFIX = "prefix"
    PATH_PREFIX = "path-prefix"
    REGEX = "regex"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class StringMatch:
    """One comparison; a regex is RE2 and matches the whole string."""

    compare: Compare
    value: str = ""
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class NamedMatch:
    """A comparison of the header or query parameter of that name; `absent` negates it."""

    name: str
    match: StringMatch
    absent: bool = False


@dataclass(frozen=True, slots=True)
class ClaimMatch:
    """A comparison of a claim of a request's valid token, by its path (`("realm", "role")`).

    Of a list one item must match. `absent` negates it: it then holds without claim or token, too.
    """

    path: tuple[str, ...]
    match: StringMatch
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """What a request must be for a route to take it; all that is set must hold.

    `port`, `source_labels`, `source_namespace` and `gateways` are decided for each proxy
    before Envoy sees the route; `gateways` empty means those of the route set.
    """

    path: StringMatch | None = None
    method: StringMatch | None = None
    authority: StringMatch | None = None
    scheme: StringMatch | None = None
    headers: tuple[NamedMatch, ...] = ()
    query: tuple[NamedMatch, ...] = ()
    claims: tuple[ClaimMatch, ...] = ()
    port: int | None = None
    source_labels: Labels = ()
    source_namespace: str | None = None
    gateways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a share of the requests goes.

    `host` is a full name; `port` None means the port that was called, or the service's only
    one; `subset` is a name in its destination. `refused` says why it may not be used (a missing
    grant, an unknown kind): its share is answered 500, as Gateway API wants.
    """

    host: str
    port: int | None = None
    subset: str = ""
    weight: int = 1
    policies: Policies = NO_POLICIES
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """One match and what becomes of the requests it takes.

    No backends and no policy that answers (redirect, direct response) means 500 in Gateway API
    and nothing else can say so; other dialects refuse such a route when read.
    """

    name: str
    match: Match
    backends: tuple[Backend, ...] = ()
    policies: Policies = NO_POLICIES


@dataclass(frozen=True, slots=True)
class RouteSet:
    """The routes that one object declares for its hosts, in that dialect's order.

    `parents` are `mesh` and gateway ids (`gateway_id`), for Gateway API with `#section` behind
    where the parentRef names a listener. `port` limits it to one port of the host.
    `consumers` limits a mesh route to clients in those namespaces (GAMMA's consumer routes and
    Istio's exportTo are the same idea); `*` is all. For the hosts of another namespace it holds
    at home alone (decision 45).
    """

    object: ObjectRef
    dialect: Dialect
    namespace: str
    hosts: tuple[str, ...]
    parents: tuple[str, ...]
    routes: tuple[Route, ...]
    port: int | None = None
    consumers: tuple[str, ...] = field(default=(EVERYWHERE,))

    def consumers_of(self, host: str) -> tuple[str, ...]:
        """The namespaces whose clients follow it when they call one of its hosts."""
        return at_home(host, self.namespace, self.consumers)

    def visible_in(self, namespace: str, host: str) -> bool:
        """Whether clients of that namespace follow it when they call one of its hosts."""
        scopes = self.consumers_of(host)
        return EVERYWHERE in scopes or namespace in scopes

"""What the control plane answers about applies, plans, traffic and proxies, as typed values.

Only the plane makes them. Commands read their JSON by the standard library (see `shapes`).
"""

from __future__ import annotations

import msgspec

from gossamer.explain.promises.shapes import ProofShape
from gossamer.explain.report.shapes import CallChangeShape, PlaceShape
from gossamer.plane.api.mtls_answers import ObservedWindow, SeenCalls
from gossamer.plane.api.shapes import Action, FindingShape
from gossamer.telemetry.rows import EdgeRow


class ResourceChangeShape(msgspec.Struct, frozen=True):
    """A resource of a proxy; `what` is "changes", "appears" or "vanishes"."""

    type: str
    name: str
    what: str


class ProxyChangeShape(msgspec.Struct, frozen=True):
    """A connected proxy that would be sent something."""

    pod: str
    resources: list[ResourceChangeShape]


class Applied(msgspec.Struct, frozen=True):
    """What an apply did, on disk when it is told.

    `findings` are those on the text of these objects and on what they mean beside all others;
    `refused` says that some of the text was not taken as it was written. A dry run adds what it
    would change: `proxies`, `calls` that were made up, calls that were `seen`, and what becomes of
    the `promises` that it was given.
    """

    applied: list[Action]
    revision: int
    findings: list[FindingShape]
    refused: bool = False
    proxies: list[ProxyChangeShape] | msgspec.UnsetType = msgspec.UNSET
    calls: list[CallChangeShape] | msgspec.UnsetType = msgspec.UNSET
    seen: SeenCalls | msgspec.UnsetType = msgspec.UNSET
    promises: list[ProofShape] | msgspec.UnsetType = msgspec.UNSET


class RulePlaces(msgspec.Struct, frozen=True):
    """Where an authorization rule is written; where none let a call in, all that might have."""

    rule: str
    because: list[PlaceShape]


class RulesPlaces(msgspec.Struct, frozen=True):
    """The rules in the order in which they were asked for."""

    rules: list[RulePlaces]


class DecidedRequests(msgspec.Struct, frozen=True):
    """Requests of one caller: its identity (null: it came without) and the workloads that have
    it."""

    identity: str | None
    workloads: list[str]
    requests: int
    first_seen: str
    last_seen: str


class DecidedRule(msgspec.Struct, frozen=True):
    """What one rule decided for one workload; `because` is empty where it is no longer in force."""

    rule: str
    destination: str
    requests: int
    because: list[PlaceShape]
    callers: list[DecidedRequests]


class ReportedObject(msgspec.Struct, frozen=True):
    """An object that refuses nothing, and what its rules noted or would have refused.

    `uncalled` are those of its workloads to which no call was seen; `closed` those where an ALLOW
    in force already refuses whom this one would not let in.
    """

    object: str
    action: str
    because: PlaceShape
    workloads: list[str]
    uncalled: list[str]
    closed: list[str]
    requests: int
    rules: list[DecidedRule]


class PolicyReport(msgspec.Struct, frozen=True):
    """What dry runs would have refused, audits noted, and rules in force refused.

    `known` is false until an agent reported; `not_seen` says what is not in it.
    """

    known: bool
    observed: ObservedWindow
    dry_runs: list[ReportedObject]
    audits: list[ReportedObject]
    refused: list[DecidedRule]
    not_seen: list[str]


class SourceStatus(msgspec.Struct, frozen=True):
    """One source of observed facts: the table it observes, its lease (None: no expiry), its age.

    `problem` is why it cannot say what is so now, if it cannot.
    """

    pods: int
    age_s: float
    stale: bool
    observes: str
    facts: int
    lease_s: float | None
    problem: str | msgspec.UnsetType = msgspec.UNSET


class PlaneStatus(msgspec.Struct, frozen=True):
    """The plane itself."""

    pid: int
    version: str
    revision: int
    documents: int
    resources: int
    sources: dict[str, SourceStatus]


class RejectionShape(msgspec.Struct, frozen=True):
    """A resource version that a proxy refused; it keeps what it had."""

    type: str
    name: str
    version: str
    message: str


class ProxyStatus(msgspec.Struct, frozen=True):
    """A connected proxy: what it has yet to acknowledge, and what it refused.

    The last three are about the hosts that it asked for and no object declares.
    """

    pod: str
    workload: str | None
    connected: bool
    synced: bool
    pending: int
    rejected: list[RejectionShape]
    undeclared_hosts: int
    refused_hosts: int
    past_host_bound: bool


class Status(msgspec.Struct, frozen=True):
    """The plane and the proxies it knows."""

    plane: PlaneStatus
    proxies: list[ProxyStatus]


class Traffic(msgspec.Struct, frozen=True):
    """The edges as agents reported them; `known` is false until the first report."""

    known: bool
    edges: list[EdgeRow]


class CompiledShape(msgspec.Struct, frozen=True):
    """A compiled resource: its version, and the objects that decided it."""

    version: str
    because: list[str]


ProxyResources = dict[str, dict[str, CompiledShape | None]]
"""By type URL and name what is compiled for a proxy; null where nothing is."""

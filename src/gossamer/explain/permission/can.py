"""May one call the other: each port of who is called asked, and one answer of it.

The answer is of the filters that Envoy runs there, as `explain` has it; no route is walked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gossamer.explain.authorization.ruling import Ruling, strictest
from gossamer.explain.authorization.truth import Truth, Unknown
from gossamer.explain.permission.guarded_port import AnyGuardedPort, guarded, transport_of
from gossamer.explain.permission.parties import (
    CalledPort,
    CallingParty,
    called_ports,
    calling_party,
    workload_name,
)
from gossamer.explain.route.request import ExplainedRequest, Pairs
from gossamer.model.mesh import Mesh
from gossamer.model.origin import Origin
from gossamer.model.workload.pod import ProxyRole

HOST, METHOD, PATH = ":authority", ":method", ":path"
MOST_CALLERS = 20
"""So many pods of a workload are tried as callers: they differ in their addresses alone."""


@dataclass(frozen=True, slots=True)
class AskedCall:
    """What is asked: None is what nobody said (a GET of `/`, at whatever host). `client` is the
    address of a caller from outside, "" where it is not known."""

    method: str | None = None
    path: str | None = None
    host: str | None = None
    headers: Pairs = ()
    port: int | None = None
    client: str = ""

    @property
    def request(self) -> ExplainedRequest:
        """The request, with what a client would say if it says nothing else."""
        return ExplainedRequest(
            self.method or "GET", "http", self.host or "", self.path or "/", self.headers
        )

    @property
    def unsaid(self) -> frozenset[str]:
        """Of method and path those that nobody said."""
        parts = {METHOD: self.method, PATH: self.path}
        return frozenset(name for name, value in parts.items() if value is None)

    @property
    def unknown(self) -> frozenset[str]:
        """What cannot be supposed: a client may call by any host."""
        return frozenset() if self.host else frozenset({HOST})


@dataclass(frozen=True, slots=True)
class PortAnswer:
    """The answer at one port; `varies` says that other requests may be answered otherwise."""

    called: CalledPort
    ruling: Ruling
    mtls: bool
    varies: bool = False

    @property
    def allowed(self) -> Truth:
        """Yes, no, or Unknown."""
        return self.ruling.allowed


@dataclass(frozen=True, slots=True)
class CanAnswer:
    """The answer at every port that is meant."""

    source: str
    destination: str
    asked: AskedCall
    ports: tuple[PortAnswer, ...]

    @property
    def deciding(self) -> PortAnswer:
        """The port that decides for all: one that refuses, else one of which it is not known."""
        for each in self.ports:
            if each.allowed is False:
                return each
        unknown = (each for each in self.ports if isinstance(each.allowed, Unknown))
        return next(unknown, next((each for each in self.ports if each.ruling.rule), self.ports[0]))

    @property
    def allowed(self) -> Truth:
        """Whether the call is let in at all of them."""
        return self.deciding.allowed


def can(mesh: Mesh, source: str, destination: str, asked: AskedCall) -> CanAnswer:
    """Whether the source may make that call. Raises BadCall where a name means nothing."""
    party = calling_party(mesh, source, asked.client)
    ports = called_ports(mesh, destination, asked.port)
    answers = tuple(_at_port(mesh, party, called, asked) for called in ports)
    return CanAnswer(source, destination, asked, answers)


def _at_port(mesh: Mesh, party: CallingParty, called: CalledPort, asked: AskedCall) -> PortAnswer:
    pod, caller = party.callers[0]
    port = guarded(mesh, called, transport_of(mesh, pod, called, caller.names is not None))
    rulings = _rulings(port, party, asked, asked.unknown)
    ruling = strictest(rulings)
    other = strictest(_rulings(port, party, asked, asked.unknown | asked.unsaid))
    varies = isinstance(other.allowed, Unknown) and not isinstance(ruling.allowed, Unknown)
    return PortAnswer(called, ruling, port.of_mesh, varies)


def _rulings(
    port: AnyGuardedPort, party: CallingParty, asked: AskedCall, unknown: frozenset[str]
) -> list[Ruling]:
    callers = [caller for _, caller in party.callers[:MOST_CALLERS]]
    return [port.ruling(caller, asked.request, unknown) for caller in callers]


def reason_of(answer: PortAnswer) -> str:
    """Why, in one sentence."""
    ruling, where = answer.ruling, workload_name(answer.called.pod)
    if isinstance(ruling.allowed, Unknown):
        return f"cannot tell whether {where} takes the call: {ruling.says}"
    if ruling.says:
        return ruling.says
    if answer.called.pod.role is ProxyRole.NONE:
        return f"nothing guards {where}: it has no proxy"
    return f"no policy speaks of {where}, so everybody is let in"


def mixed_reason(answer: CanAnswer) -> str:
    """The reason of the deciding port, and where the answer is another."""
    deciding = answer.deciding
    others = [each for each in answer.ports if each.allowed is not deciding.allowed]
    same = len({(e.called.shown, workload_name(e.called.pod)) for e in answer.ports}) == 1
    reason = (
        reason_of(deciding) if same else f"{_where(deciding, answer.ports)}: {reason_of(deciding)}"
    )
    if not others or isinstance(deciding.allowed, Unknown):
        return reason
    elsewhere = ", ".join(_where(each, answer.ports) for each in others)
    return f"{reason}; it is answered otherwise at {elsewhere}"


def _where(answer: PortAnswer, every: Sequence[PortAnswer]) -> str:
    workloads = {workload_name(each.called.pod) for each in every}
    port = f"port {answer.called.shown}"
    return port if len(workloads) == 1 else f"{port} of {workload_name(answer.called.pod)}"


def first_place(ruling: Ruling) -> Origin | None:
    """The place that decides."""
    return ruling.because[0] if ruling.because else None

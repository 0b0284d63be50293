"""Proofs as JSON: what `gossamer prove -o json` prints and `/v1/prove` answers."""

from __future__ import annotations

import msgspec

from gossamer.compile.lookup.authorization import DecidingObject
from gossamer.explain.places import field_place
from gossamer.explain.promises.identities import IDENTITY
from gossamer.explain.promises.prove import Outcome, Proof
from gossamer.explain.promises.question import Answered
from gossamer.explain.report.shapes import PlaceShape
from gossamer.model.mesh import Mesh
from gossamer.model.policies.workload.authorization import Attribute, AuthorizationAction
from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.workload.pod import Pod

_TOLD_APART = (IDENTITY[0], Attribute.METHOD, Attribute.PATH, Attribute.HOST, Attribute.HEADER)


class CallShape(msgspec.Struct, frozen=True):
    """A call that shows the answer. `identity` is empty in plaintext; `source` is a workload that
    has it, if there is one. What else has to be true of it is in `with`, by attribute."""

    source: str
    identity: str
    destination: str
    pod: str
    port: int
    protocol: str
    mtls: bool
    method: str
    path: str
    host: str
    headers: dict[str, str]
    others: dict[str, str] = msgspec.field(name="with", default_factory=dict)


class ProofShape(msgspec.Struct, frozen=True):
    """The answer to one promise. `before` is the outcome before a planned change."""

    promise: str
    holds: bool
    outcome: str
    reason: str
    call: CallShape | None = None
    by: PlaceShape | None = None
    before: str = ""


class Proofs(msgspec.Struct, frozen=True):
    """The answers, in the order of the promises."""

    proofs: list[ProofShape]


def shape_of_proof(mesh: Mesh, proof: Proof, before: str = "") -> ProofShape:
    """The proof as JSON has it."""
    return ProofShape(
        promise=proof.promise.text,
        holds=proof.outcome is Outcome.HOLDS,
        outcome=proof.outcome.value,
        reason=proof.reason,
        call=_call(proof.shown, proof.sources) if proof.shown else None,
        by=_place(mesh, proof.shown) if proof.shown else None,
        before=before,
    )


def _call(shown: Answered, sources: tuple[Pod, ...]) -> CallShape:
    arrival, values = shown.arrival, {s: each.value for s, each in shown.call.items() if each.value}
    identity = values.get(IDENTITY) or ""
    requests = arrival.requests
    method = values.get((Attribute.METHOD.value,)) or "GET"
    return CallShape(
        source=_who(identity, sources),
        identity=identity,
        destination=f"{arrival.pod.namespace}/{arrival.pod.workload}",
        pod=arrival.pod.key,
        port=arrival.port,
        protocol="http" if requests else "tcp",
        mtls=bool(identity) and arrival.mode is not MtlsMode.DISABLE,
        method=method if requests else "",
        path=(values.get((Attribute.PATH.value,)) or "/") if requests else "",
        host=values.get((Attribute.HOST.value,)) or "",
        headers={s[1]: value for s, value in values.items() if s[0] == Attribute.HEADER},
        others={":".join(s): value for s, value in values.items() if s[0] not in _TOLD_APART},
    )


def _who(identity: str, sources: tuple[Pod, ...]) -> str:
    named = identity.partition("/ns/")[2].replace("/sa/", "/")
    bearers = (p for p in sources if named and f"{p.namespace}/{p.service_account}" == named)
    pod = next(bearers, None)
    return f"{pod.namespace}/{pod.workload}" if pod else ""


def _place(mesh: Mesh, shown: Answered) -> PlaceShape | None:
    """The rule that decides; where none matches, the first object by which only some may call."""
    if shown.rule is not None:
        ref, field = shown.rule.holding.object, shown.rule.field
    else:
        allowing = (h for h in shown.arrival.holding if h.action is AuthorizationAction.ALLOW)
        holding: DecidingObject | None = next(allowing, None)
        if holding is None:
            return None
        ref, field = holding.object, ""
    place = field_place(mesh, ref, field)
    return PlaceShape(str(place.object), place.file, place.line, place.field)

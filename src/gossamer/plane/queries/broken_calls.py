"""Which of the calls that were seen a change would refuse, by evidence and not by samples.

A caller without the mesh's TLS is refused where STRICT comes into force. A caller with a proxy is
refused where its destination's mode and what its DestinationRule sends no longer fit, whichever
of the two changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.security.client_modes import RefusedCalls, refused_calls
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.explain.places import field_place
from gossamer.explain.report.shapes import PlaceShape
from gossamer.model.mesh import Mesh
from gossamer.plane.api.mtls_answers import BrokenCall, SeenCalls
from gossamer.plane.queries.meshed_workloads import MeshedWorkloads, place
from gossamer.plane.queries.mtls import iso, not_seen, window_of
from gossamer.telemetry.edge import SOURCE, UNKNOWN
from gossamer.telemetry.evidence.contact import Contact, Occasions, Security
from gossamer.telemetry.evidence.contacts import Contacts

_BARE = (Security.PLAINTEXT, Security.TLS)


def seen_calls(before: Mesh, after: Mesh, contacts: Contacts, now: float) -> SeenCalls:
    """What a change would do to the calls that were seen, with what was watched."""
    return SeenCalls(
        window_of(contacts, now),
        broken_calls(before, after, contacts),
        not_seen(MeshedWorkloads.of(after), contacts, now),
    )


def broken_calls(before: Mesh, after: Mesh, contacts: Contacts) -> list[BrokenCall]:
    """The calls that were seen, are let in before and refused after; latest seen first."""
    broken = [*_stripped(before, after, contacts), *_mismatched(before, after, contacts)]
    return sorted(broken, key=lambda call: call.last_seen, reverse=True)


def _stripped(before: Mesh, after: Mesh, contacts: Contacts) -> Iterator[BrokenCall]:
    """Arrivals without the mesh's TLS at ports that become STRICT."""
    was, will = MeshedWorkloads.of(before), MeshedWorkloads.of(after)
    for contact, seen in contacts.seen.items():
        if contact.security not in _BARE or not contact.port:
            continue
        then, now = was.sidecar(contact.destination), will.sidecar(contact.destination)
        if now is None or not will.refuses_plaintext(now, contact.port):
            continue
        if then is not None and was.refuses_plaintext(then, contact.port):
            continue
        mode = will.mode(now, contact.port)
        way = "in plaintext" if contact.security is Security.PLAINTEXT else "with TLS of its own"
        reason = f"it calls {way}, and port {contact.port} would be STRICT"
        yield _broken(contact, seen, reason, mode.by or PlaceShape())


def _mismatched(before: Mesh, after: Mesh, contacts: Contacts) -> Iterator[BrokenCall]:
    """Calls through a proxy that a DestinationRule sends as their workload refuses."""
    was, will = TrackedLookup(before), TrackedLookup(after)
    known: dict[tuple[str, str], RefusedCalls | None] = {}
    for contact, seen in contacts.seen.items():
        if contact.reporter != SOURCE or not contact.service:
            continue
        way = contact.source.partition("/")[0], contact.service
        if way not in known:
            refused = refused_calls(will, *way)
            known[way] = None if refused and refused_calls(was, *way) else refused
        refused = known[way]
        if refused is not None:
            origin = field_place(after, refused.destination, *refused.fields)
            yield _broken(contact, seen, refused.reason, place(origin))


def _broken(contact: Contact, seen: Occasions, reason: str, because: PlaceShape) -> BrokenCall:
    return BrokenCall(
        source=contact.source or UNKNOWN,
        address=contact.address or None,
        destination=contact.destination,
        service=contact.service or None,
        port=contact.port or None,
        security=contact.security.value,
        calls=seen.count,
        first_seen=iso(seen.first),
        last_seen=iso(seen.last),
        reason=reason,
        because=because,
    )

"""`gossamer mtls`: whose calls are secured, whose are not, and what STRICT would refuse of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from gossamer.model.policies.workload.mtls import MtlsMode
from gossamer.model.workload.pod import ProxyRole
from gossamer.plane.api.mtls_answers import (
    MtlsCall,
    MtlsDestination,
    MtlsEvidence,
    ObservedWindow,
    PortMode,
)
from gossamer.plane.queries.meshed_workloads import MeshedWorkloads
from gossamer.telemetry.edge import UNKNOWN
from gossamer.telemetry.evidence.contact import Contact, Occasions, Security
from gossamer.telemetry.evidence.contacts import Contacts
from gossamer.telemetry.evidence.evidence import What

SILENT_S = 15.0
"""An agent reports each second or so."""

_NAMED = 5
_OPEN = (Security.PLAINTEXT, Security.TLS)


def mtls_answer(
    workloads: MeshedWorkloads, contacts: Contacts, known: bool, now: float
) -> MtlsEvidence:
    """All calls that were seen, and each workload with a proxy beside them."""
    calls = [_call(workloads, contacts, *each) for each in _told(workloads, contacts)]
    calls.sort(key=lambda call: (call.destination, call.source, call.address or "", call.security))
    by_destination: dict[str, list[MtlsCall]] = {}
    for call in calls:
        by_destination.setdefault(call.destination, []).append(call)
    destinations = [
        _destination(workloads, name, by_destination.get(name, ()))
        for name in workloads.with_proxies()
    ]
    window = window_of(contacts, now)
    return MtlsEvidence(known, window, destinations, calls, not_seen(workloads, contacts, now))


def window_of(contacts: Contacts, now: float) -> ObservedWindow:
    """Since when calls are watched."""
    hours = round((now - contacts.since) / 3600, 2)
    return ObservedWindow(iso(contacts.since), iso(now), hours)


def iso(moment: float) -> str:
    """Seconds as an ISO time."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def not_seen(workloads: MeshedWorkloads, contacts: Contacts, now: float) -> list[str]:
    """What the evidence cannot say anything about."""
    sentences = [
        "callers that made no call in this time, such as a job that runs more rarely",
        "UDP, and ports that annotations keep out of a proxy's capture",
    ]
    bare = sorted(
        name
        for name, pods in workloads.pods.items()
        if all(pod.role is ProxyRole.NONE for pod in pods)
    )
    if bare:
        sentences.append(f"calls between workloads without a proxy: {_few(bare)}")
    silent = sorted(name for name, at in contacts.agents.items() if now - at > SILENT_S)
    if silent:
        sentences.append(f"what the proxies of silent agents see: {_few(silent)}")
    if contacts.crowded:
        sentences.append("some callers: there were more addresses than are kept apart")
    return sentences


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _told(workloads: MeshedWorkloads, contacts: Contacts) -> Iterator[tuple[Contact, Occasions]]:
    """Each kind of call once. In plaintext to a workload with a proxy that proxy tells: it knows
    the port, and callers without a proxy too."""
    arrived = {each.destination for each in contacts.seen if each.port}
    for contact, seen in contacts.callers():
        twice = contact.security is Security.PLAINTEXT and not contact.port
        proxied = twice and workloads.sidecar(contact.destination)
        if not (proxied and contact.destination in arrived):
            yield contact, seen


def _call(
    workloads: MeshedWorkloads, contacts: Contacts, contact: Contact, seen: Occasions
) -> MtlsCall:
    mode = _mode(workloads, contact)
    return MtlsCall(
        source=contact.source or UNKNOWN,
        address=contact.address or None,
        destination=contact.destination,
        service=contact.service or None,
        port=contact.port or None,
        protocol=contact.protocol or None,
        security=contact.security.value,
        calls=seen.count,
        first_seen=iso(seen.first),
        last_seen=iso(seen.last),
        mode=mode.mode if mode else None,
        by=mode.by if mode else None,
        tls_versions=_agreed(contacts, contact, What.VERSIONS),
        curves=_agreed(contacts, contact, What.CURVES),
    )


def _mode(workloads: MeshedWorkloads, contact: Contact) -> PortMode | None:
    """The mode that such calls meet: of their port, or of a service's where its ports agree."""
    pod = workloads.sidecar(contact.destination)
    if pod is None:
        return None
    if contact.port:
        return workloads.mode(pod, contact.port)
    ports = workloads.served(pod, (contact.service,)) if contact.service else ()
    modes = {workloads.mode(pod, port).mode: workloads.mode(pod, port) for port in ports}
    return next(iter(modes.values())) if len(modes) == 1 else workloads.mode(pod, None)


def _agreed(contacts: Contacts, contact: Contact, kind: What) -> dict[str, int]:
    if contact.security is not Security.MUTUAL:
        return {}
    return {
        each.name: count
        for each, count in sorted(contacts.handshakes.items(), key=lambda pair: -pair[1])
        if (each.source, each.service, each.kind) == (contact.source, contact.service, kind)
    }


def _destination(
    workloads: MeshedWorkloads, workload: str, calls: Iterable[MtlsCall]
) -> MtlsDestination:
    every = list(calls)
    modes = workloads.modes(workload)
    counts = {
        security: sum(call.calls for call in every if call.security == security)
        for security in Security
    }
    return MtlsDestination(
        workload=workload,
        ports=modes,
        mtls_calls=counts[Security.MUTUAL],
        plaintext_calls=sum(counts[security] for security in _OPEN),
        refused_calls=counts[Security.REFUSED],
        strict=_if_strict(modes, every),
    )


def _if_strict(modes: list[PortMode], calls: list[MtlsCall]) -> str:
    """What STRICT would do to the calls that were seen."""
    if all(mode.mode == MtlsMode.STRICT for mode in modes):
        return "in force"
    callers = {(call.source, call.address) for call in calls if call.security in _OPEN}
    if callers:
        return f"would refuse {len(callers)} caller{'s' if len(callers) > 1 else ''}"
    return "would refuse nobody seen" if calls else "nobody was seen to call"

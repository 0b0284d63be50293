"""Evidence on disk: one file beside the plane's store, read at its start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_atomic
from gossamer.telemetry.evidence.contact import Contact, Handshakes, Occasions
from gossamer.telemetry.evidence.contacts import Contacts

SCHEMA = 1
EVERY_S = 10.0
"""A plane that is killed knows no more than these seconds too little."""

_log = EventLog("gossamer.telemetry")


class KeptEvidence(msgspec.Struct, frozen=True):
    """What is written down; totals are those of contacts, then those of handshakes."""

    schema: int
    since: float
    crowded: bool
    seen: list[tuple[Contact, Occasions]]
    handshakes: list[tuple[Handshakes, int]]
    of_contacts: list[tuple[str, Contact, int]]
    of_handshakes: list[tuple[str, Handshakes, int]]
    decided: list[tuple[Handshakes, Occasions]] = []


def written(contacts: Contacts) -> bytes:
    """The file's text."""
    of_contacts: list[tuple[str, Contact, int]] = []
    of_handshakes: list[tuple[str, Handshakes, int]] = []
    for (teller, what), total in contacts.totals.items():
        if isinstance(what, Contact):
            of_contacts.append((teller, what, total))
        else:
            of_handshakes.append((teller, what, total))
    return msgspec.json.encode(
        KeptEvidence(
            schema=SCHEMA,
            since=contacts.since,
            crowded=contacts.crowded,
            seen=list(contacts.seen.items()),
            handshakes=list(contacts.handshakes.items()),
            of_contacts=of_contacts,
            of_handshakes=of_handshakes,
            decided=list(contacts.decided.items()),
        )
    )


def recalled(file: Path, now: float) -> Contacts:
    """What was written down; where it is not there or cannot be read, evidence begins now."""
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=KeptEvidence)
        if kept.schema == SCHEMA:
            return _contacts(kept)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("evidence-forgotten", file=str(file), reason=repr(error))
    return Contacts(now)


def keep(file: Path, text: bytes) -> None:
    """Write it down; a full disk costs the evidence's age, and no call."""
    try:
        write_atomic(file, text)
    except OSError as error:
        _log.warning("evidence-not-written", file=str(file), reason=str(error))


async def keep_up(file: Path, contacts: Contacts, clock: Clock) -> None:
    """Write it down again and again, as long as something is new; until cancelled."""
    former = b""
    while True:
        await clock.wait(EVERY_S)
        contacts.forget_old(clock.now().timestamp())
        text = written(contacts)
        if text != former:
            former = text
            await asyncio.to_thread(keep, file, text)


def _contacts(kept: KeptEvidence) -> Contacts:
    totals: dict[tuple[str, Contact | Handshakes], int] = {}
    totals.update({(teller, what): total for teller, what, total in kept.of_contacts})
    totals.update({(teller, what): total for teller, what, total in kept.of_handshakes})
    seen, handshakes, decided = dict(kept.seen), dict(kept.handshakes), dict(kept.decided)
    return Contacts(kept.since, seen, handshakes, decided, totals, crowded=kept.crowded)

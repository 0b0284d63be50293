"""Looks at the labs of this user, and at one of them as its holder tells of it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gossamer.cli.checks.facts import Ground, Lab, Words
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.sockets import ask
from gossamer.lab.home import SCHEMA, LabFolder
from gossamer.lab.world.enter import LAB_VARIABLE
from gossamer.process.supervision.ledger import Ledger, started_at

CONNECT_S = 1.0
ANSWER_S = 10.0


def look_at_ground(home: Path, name: str) -> Ground:
    """Every lab under the state folder, without asking any of them."""
    folders = [LabFolder(path) for path in _folders(home / "labs") if os.access(path, os.X_OK)]
    records = {f.name: _record(f) for f in folders if os.path.exists(f.record)}
    running = tuple(f.name for f in folders if _runs(records.get(f.name)))
    marked = _marked()
    left = {f.name: _left(f, marked) for f in folders if f.name not in running}
    return Ground(
        name=name,
        known=tuple(folder.name for folder in folders),
        running=running,
        left={name: what for name, what in left.items() if what},
        records={name: (words or {}).get("schema") for name, words in records.items()},
        schema=SCHEMA,
    )


def _folders(labs: Path) -> Sequence[Path]:
    try:
        return sorted(path for path in labs.iterdir() if os.path.isdir(path))
    except OSError:
        return ()


def _record(folder: LabFolder) -> dict[str, Any] | None:
    try:
        words = json.loads(folder.record.read_text())
        return words if isinstance(words, dict) else None
    except (OSError, ValueError):
        return None


def _runs(record: Mapping[str, Any] | None) -> bool:
    """Whether the holder that wrote the record lives: a pid alone may be a stranger's by now."""
    if not record or not isinstance(record.get("pid"), int):
        return False
    started = started_at(record["pid"])
    return started is not None and started == record.get("started")


def _left(folder: LabFolder, marked: Sequence[str]) -> str:
    """What a lab without a holder left: processes, sockets, its record."""
    try:
        named = sum(entry.runs for entry in Ledger(folder.ledger).entries())
        sockets = sum(path.is_socket() for path in folder.root.rglob("*.sock"))
    except (OSError, ValueError, KeyError):
        named = sockets = 0
    others = marked.count(str(folder.root))
    parts = {"processes": max(named, others), "sockets": sockets}
    rests = [f"{count} {what}" for what, count in parts.items() if count]
    return ", ".join(rests) or ("its record" if folder.record.exists() else "")


def _marked() -> tuple[str, ...]:
    """The lab's folder of each process that was started in a lab's world and may be looked at."""
    values: list[str] = []
    mark = f"{LAB_VARIABLE}=".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        values += [os.fsdecode(w.removeprefix(mark)) for w in words if w.startswith(mark)]
    return tuple(values)


def look_at_lab(folder: LabFolder) -> Lab:
    """A running lab, as its holder and its folder tell of it."""
    try:
        answers = {op: ask(folder.holder_socket, {"op": op}, ANSWER_S) for op in _ASKED}
    except CliError as trouble:
        return Lab(folder.name, error=str(trouble))
    gateways = answers["gateways"]["gateways"]
    logs = tuple(_logs(folder))
    return Lab(
        name=folder.name,
        processes=answers["list"]["processes"],
        pods=answers["pods"]["pods"],
        findings=answers["findings"]["findings"],
        gateways=gateways,
        folder_mode=mode_of(folder.root) or 0,
        loose_sockets=tuple(shown(path, folder) for path in _sockets(folder) if _loose(path)),
        log_bytes=sum(size_of(path) for path in logs),
        unreadable_logs=tuple(shown(p, folder) for p in logs if not os.access(p, os.R_OK)),
        refusing_gateways=tuple(_refusing(gateways)),
    )


_ASKED = ("list", "pods", "findings", "gateways")


def shown(path: Path, folder: LabFolder) -> str:
    """A file of a lab as messages name it: from the lab's folder on."""
    return str(path.relative_to(folder.root))


def mode_of(path: Path) -> int | None:
    """The permission bits of a file; None where it cannot be looked at."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return None


def size_of(path: Path) -> int:
    """Its size; 0 where it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _loose(path: Path) -> bool:
    return bool((mode_of(path) or 0) & 0o077)


def _sockets(folder: LabFolder) -> Iterator[Path]:
    yield from (path for path in folder.sockets() if path.exists())
    yield from folder.edge.glob("*-admin.sock")


def _logs(folder: LabFolder) -> Iterator[Path]:
    for pattern in ("logs/*", "pods/*/*.log", "agent/*/access.log*"):
        yield from folder.root.glob(pattern)


def _refusing(gateways: Sequence[Words]) -> Iterator[str]:
    for each in gateways:
        address = urlsplit(each["url"])
        try:
            with socket.create_connection((address.hostname, address.port), CONNECT_S):
                continue
        except OSError as refused:
            yield f"{each['name']} at {each['url']} ({refused.strerror or refused})"

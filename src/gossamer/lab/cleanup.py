"""Clean up after a lab that was killed: its processes, its sockets, its pods' own files.

Whose a process is, is known in two ways: the ledger names it by pid and start time, or its
environment says which lab's world it was started in. What is to be kept (the store, the CA,
logs) stays.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gossamer.lab.stray_processes import end_process, end_where, remove_tree
from gossamer.lab.world.enter import LAB_VARIABLE
from gossamer.process.supervision.ledger import Ledger, started_at

LEDGER = "processes.jsonl"


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """What was there: names of processes ended, how many more by their mark, sockets removed."""

    processes: tuple[str, ...]
    marked: int
    sockets: tuple[Path, ...]


def ledger_of(folder: Path) -> Ledger:
    """The ledger of the lab in `folder`."""
    return Ledger(folder / LEDGER)


def clean_up(folder: Path) -> CleanedUp:
    """End and remove what a killed lab left in `folder`; call it only when its holder is gone.

    Nothing is found, and nothing done, after a clean end.
    """
    ledger = ledger_of(folder)
    named = tuple(entry.name for entry in ledger.entries() if _end(entry.pid, entry.started))
    marked = end_where(lambda pid: _marked(pid, folder))
    ledger.clear()
    for pod in folder.glob("pods/*/root"):
        remove_tree(pod)
    return CleanedUp(named, marked, _remove_sockets(folder))


def _end(pid: int, started: int) -> bool:
    return end_process(pid, lambda pid: started_at(pid) == started)


def _marked(pid: int, folder: Path) -> bool:
    mark = f"{LAB_VARIABLE}={folder}".encode()
    return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def _remove_sockets(folder: Path) -> tuple[Path, ...]:
    sockets = tuple(
        Path(path, name)
        for path, _, names in os.walk(folder)
        for name in names
        if Path(path, name).is_socket()
    )
    for path in sockets:
        path.unlink()
    return sockets

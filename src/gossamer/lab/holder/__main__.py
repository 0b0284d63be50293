"""`python -m gossamer.lab.holder`: one lab's holder. `gossamer up` starts it."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import importlib
import json
import os
import resource
import sys
from pathlib import Path

from gossamer.lab.cleanup import clean_up
from gossamer.lab.files import Files
from gossamer.lab.forget import forget
from gossamer.lab.holder.control.operations import HolderOperations
from gossamer.lab.holder.control.requests import ConnectRequest
from gossamer.lab.holder.forwarding import Forwarding
from gossamer.lab.holder.holder import Holder
from gossamer.lab.home import SCHEMA, LabFolder
from gossamer.lab.plan.pod.command import StandIn
from gossamer.lab.settings import settings_of
from gossamer.plane.client import PlaneClient
from gossamer.process.control_server import ControlServer, Lender
from gossamer.process.event_log import EventLog, set_up_logs
from gossamer.process.private_files import open_private, write_private
from gossamer.process.supervision.ledger import started_at

log = EventLog("gossamer.lab")


def settings(arguments: list[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="gossamer.lab.holder", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the lab's folder")
    parser.add_argument(
        "--stand-ins",
        type=stand_ins,
        default="gossamer.apps.images:stand_in",
        metavar="MODULE:FUNCTION",
        help="what chooses a stand-in for an image",
    )
    return parser.parse_args(arguments)


def stand_ins(text: str) -> StandIn:
    """The function named `MODULE:FUNCTION`; the lab knows applications by this name only."""
    module, _, name = text.partition(":")
    chosen: StandIn = getattr(importlib.import_module(module), name)
    return chosen


async def live(folder: LabFolder, files: Files, stand_in: StandIn) -> None:
    """Hold the lab until it is asked to end."""
    lab = settings_of(folder.name, files, stand_in)
    holder = Holder(folder, files, lab, PlaneClient(folder.plane_socket, folder.name))
    feeds = {"subscribe": holder.events.subscribe}
    lenders = [Lender(ConnectRequest, Forwarding(holder).connect)]
    operations = HolderOperations(holder).table()
    control = ControlServer("holder", operations, feeds=feeds, lenders=lenders)
    await control.open(folder.holder_socket)
    try:
        await holder.run()
    finally:
        control.close()


def open_as_many_files_as_allowed() -> None:
    """For the proxies' sake, which inherit it: shells often start with a thousand."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def write_record(folder: LabFolder) -> None:
    """Who holds the lab, for whoever attaches to it or cleans up after it."""
    pid = os.getpid()
    record = {"schema": SCHEMA, "name": folder.name, "pid": pid, "started": started_at(pid)}
    write_private(folder.record, json.dumps(record))


def main() -> int:
    """The process: 0 after a clean end, 1 when another holder has this lab."""
    set_up_logs(os.environ)
    given = settings(sys.argv[1:])
    os.umask(0o077)
    open_as_many_files_as_allowed()
    folder = LabFolder(given.state)
    with open_private(folder.lock) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.error("lab-runs-already", lab=folder.name, folder=folder.root)
            return 1
        write_record(folder)
        files = Files.decode(folder.input.read_bytes())
        folder.input.unlink()  # it holds Secrets, and nobody reads it again
        try:
            asyncio.run(live(folder, files, given.stand_ins))
        finally:
            clean_up(folder.root)
            forget(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m gossamer.agent`: one per host, for any number of proxies."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import uvloop

from gossamer.agent.control import NoControl
from gossamer.agent.identity.trust import PlaneAway
from gossamer.agent.launcher import HolderLauncher
from gossamer.agent.run import AgentSettings, run
from gossamer.envoy.binary import NoEnvoy, envoy_path
from gossamer.process.clock import WallClock
from gossamer.process.event_log import EventLog, set_up_logs
from gossamer.process.ownership import UnsafeFolder
from gossamer.telemetry.scrape import Scraper

log = EventLog("gossamer.agent")


def socket_path(text: str) -> Path:
    """`unix:PATH` or PATH."""
    return Path(text.removeprefix("unix:"))


def settings(arguments: list[str]) -> AgentSettings:
    """What the command line says. Raises NoEnvoy."""
    parser = argparse.ArgumentParser(prog="gossamer.agent", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the agent's private folder")
    parser.add_argument("--xds", required=True, help="the plane: unix:PATH or HOST:PORT")
    parser.add_argument("--control", type=socket_path, required=True, help="socket to listen on")
    parser.add_argument("--join", type=Path, required=True, help="join.json, waited for")
    parser.add_argument("--holder", type=socket_path, required=True, help="who runs Envoys")
    parser.add_argument("--names", type=Path, help="table to write (default: beside --state)")
    parser.add_argument(
        "--resolver",
        default="",
        metavar="IP:PORT",
        help="whom proxies ask for hosts outside the mesh (default: the system's resolver)",
    )
    given = parser.parse_args(arguments)
    return AgentSettings(
        state=given.state.absolute(),
        plane=given.xds,
        control=given.control.absolute(),
        join=given.join.absolute(),
        names=(given.names or given.state.parent / "names.json").absolute(),
        envoy=envoy_path(),
        launcher=HolderLauncher(given.holder.absolute()),
        resolver=given.resolver,
    )


def main() -> int:
    """The process: 0 when asked to end, 1 when it cannot work here."""
    set_up_logs(os.environ)
    os.umask(0o077)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            given = settings(sys.argv[1:])
            scraper = Scraper(given.state, WallClock().wait, PlaneAway)
            runner.run(run(given, (scraper.run,)))
    except (NoControl, NoEnvoy, UnsafeFolder) as error:
        log.error("agent-cannot-start", reason=str(error))
        return 1
    return 0

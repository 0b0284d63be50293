"""`python -m gossamer.opa`: decides calls by Rego, beside a host's proxies."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from gossamer.opa.decision_log import DecisionLog
from gossamer.opa.policies import RegoPolicies
from gossamer.opa.serve import Decider, listen
from gossamer.process.clock import utc_now
from gossamer.process.event_log import EventLog, set_up_logs
from gossamer.process.signals import on_end_signal

INTERVAL = 0.2
"""Seconds between looks at the table; a look is one stat."""

GRACE = 1.0

log = EventLog("gossamer.opa")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="gossamer.opa", description=__doc__)
    parser.add_argument("--policies", type=Path, required=True, help="the table, a JSON file")
    parser.add_argument("--listen", type=Path, required=True, help="a Unix socket")
    parser.add_argument("--decisions", type=Path, required=True, help="where decisions are logged")
    return parser.parse_args()


async def run(given: argparse.Namespace) -> None:
    """Answer until SIGTERM."""
    policies = RegoPolicies(given.policies)
    policies.refresh()
    decisions = DecisionLog(given.decisions, lambda: utc_now().isoformat())
    server = await listen(Decider(policies, decisions), given.listen)
    log.info("deciding", at=str(given.listen))
    ended = asyncio.Event()
    on_end_signal(ended.set)
    waiting = asyncio.create_task(ended.wait())
    while not waiting.done():
        policies.refresh()
        await asyncio.wait([waiting], timeout=INTERVAL)
    await server.stop(GRACE)


def main() -> None:
    """The process; its socket and files are its owner's alone."""
    os.umask(0o077)
    set_up_logs(os.environ)
    asyncio.run(run(arguments()))


if __name__ == "__main__":
    main()

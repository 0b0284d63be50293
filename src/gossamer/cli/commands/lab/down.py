"""`gossamer down`: end a lab, or clean up what a killed one left behind."""

from __future__ import annotations

import os

import click

from gossamer.cli.lab_access.labs import require_no_token, require_own
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder, state_home
from gossamer.lab.start import Stopped, stop


@click.command()
@lab_option
@output_option()
def down(lab: LabFolder, output: str | None) -> None:
    """End the lab and remove every process, namespace, mount and socket it made."""
    require_no_token("`gossamer down`")
    require_own(lab)
    stopped = stop(lab.name, state_home(os.environ))
    if output == "json":
        print_json({"lab": lab.name, "ran": stopped.ran})
    elif stopped.ran:
        say(f"lab {lab.name!r} is down")
    elif left := _left(stopped):
        say(f"lab {lab.name!r} had been killed; removed what it left: {left}")
    else:
        say(f"no lab {lab.name!r} was running; nothing is left of one")


def _left(stopped: Stopped) -> str:
    removed = stopped.removed
    counts = {"processes": len(removed.processes) + removed.marked, "sockets": len(removed.sockets)}
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)

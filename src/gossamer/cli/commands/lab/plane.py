"""`gossamer plane stop|start`: a lab without its control plane, for drills."""

from __future__ import annotations

import click

from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder


@click.command()
@click.argument("state", type=click.Choice(["stop", "start"]))
@lab_option
@output_option()
def plane(state: str, lab: LabFolder, output: str | None) -> None:
    """Stop the control plane and hold it down, or start it again. Traffic goes on."""
    answer = ask(lab.holder_socket, {"op": "plane", "state": state})
    if output == "json":
        print_json(answer)
    else:
        say(f"plane {'stopped' if state == 'stop' else 'started'}")

"""`gossamer restart`: replace all pods of a workload, new ones ready before old ones go."""

from __future__ import annotations

import click

from gossamer.cli.lab_access.pods import workload_question
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, namespace_option, output_option, workload_argument
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder


@click.command()
@workload_argument
@namespace_option
@lab_option
@output_option()
def restart(workload: str, namespace: str, lab: LabFolder, output: str | None) -> None:
    """Replace all pods of deploy/NAME (sts/NAME, ds/NAME)."""
    question = {"op": "restart", **workload_question(workload, namespace)}
    answer = ask(lab.holder_socket, question)
    if output == "json":
        print_json(answer)
    else:
        say(f"{workload} restarting")

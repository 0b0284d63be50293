"""`gossamer scale`: change how many pods a workload has."""

from __future__ import annotations

import click

from gossamer.cli.lab_access.pods import workload_question
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, namespace_option, output_option, workload_argument
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder


@click.command()
@workload_argument
@click.option("--replicas", type=click.IntRange(0, 1000), required=True, help="How many pods.")
@namespace_option
@lab_option
@output_option()
def scale(workload: str, replicas: int, namespace: str, lab: LabFolder, output: str | None) -> None:
    """Give deploy/NAME (or sts/NAME) that many pods."""
    question = {"op": "scale", **workload_question(workload, namespace), "replicas": replicas}
    answer = ask(lab.holder_socket, question)
    if output == "json":
        print_json(answer)
    else:
        say(f"{workload} scaled to {replicas}")

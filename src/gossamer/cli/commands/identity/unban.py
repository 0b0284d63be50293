"""`gossamer identity unban`: refuse an identity or a pod no longer."""

from __future__ import annotations

import click

from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder


@click.command()
@click.argument("subject", metavar="SPIFFE|NS/POD")
@lab_option
@output_option()
def unban(subject: str, lab: LabFolder, output: str | None) -> None:
    """Refuse an identity, or a pod, no longer. Its certificates are good again."""
    answer = plane_of(lab).lift(subject)
    if output == "json":
        print_json(answer)
    else:
        say(f"{subject} is banned no longer")

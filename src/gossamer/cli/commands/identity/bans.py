"""`gossamer identity bans`: who is refused now."""

from __future__ import annotations

import click

from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, print_table, say
from gossamer.lab.home import LabFolder

_HEADS = ("SUBJECT", "SINCE", "UNTIL")


@click.command()
@lab_option
@output_option()
def bans(lab: LabFolder, output: str | None) -> None:
    """Show who is refused although certificates are good."""
    answer = plane_of(lab).bans()
    if output == "json":
        print_json(answer)
    elif answer["bans"]:
        rows = [(each["subject"], each["since"], each["until"]) for each in answer["bans"]]
        print_table(_HEADS, rows)
    else:
        say("nobody is banned", err=True)

"""`gossamer audit`: who did, or was refused, what."""

from __future__ import annotations

import sys
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import one_line, print_json, say
from gossamer.lab.home import LabFolder


@click.command()
@click.option("--last", default=200, show_default=True, help="So many entries, the newest.")
@lab_option
@output_option()
def audit(last: int, lab: LabFolder, output: str | None) -> None:
    """Show who changed what, field by field, and what was refused. Exit 1 if the log was altered.

    Secret values are never in it. `head` is the hash of the last line: noted elsewhere, it shows
    later whether the log was cut or written anew.
    """
    if last < 0:
        raise click.UsageError("--last counts entries; it is 0 or more")
    answer = plane_of(lab).audit(last)
    if output == "json":
        print_json(answer)
    else:
        for entry in answer["entries"]:
            _show(entry)
    if answer["broken_line"] is not None:
        if output == "json":
            sys.exit(1)
        raise CliError(
            f"line {answer['broken_line']} of the audit log {answer['reason']}, so what it says "
            "from there on proves nothing; find out who wrote to audit.jsonl in the plane's folder"
        )
    if output is None:
        say(f"{answer['lines']} entries, unaltered; head {answer['head']}", err=True)


def _show(entry: dict[str, Any]) -> None:
    """The entry in one line, then a line for each field."""
    what = " ".join(str(entry[key]) for key in ("at", "actor", "verb", "object") if entry[key])
    say(one_line(f"{what}: {entry['outcome']}"))
    if entry.get("reason"):
        say(one_line(f"    {entry['reason']}"))
    for change in entry.get("changes", ()):
        values = f"{_value(change, 'before')} -> {_value(change, 'after')}"
        say(one_line(f"    {change['field']}: {values}"))
    if entry.get("more"):
        say(f"    and {entry['more']} more fields")
    if entry.get("untold"):
        say(f"    and {entry['untold']} more refusals in that minute")


def _value(change: dict[str, Any], when: str) -> str:
    return "(none)" if change[when] is None else str(change[when])

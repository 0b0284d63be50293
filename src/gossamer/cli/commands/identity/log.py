"""`gossamer identity log`: every certificate that was signed, read from the log itself."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import click
from msgspec.structs import asdict

from gossamer.cli.error import CliError
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, print_table, say
from gossamer.identity.issuance.entry import ChainedEntry
from gossamer.identity.issuance.reading import entries, new_entries
from gossamer.identity.issuance.segments import LOG_FOLDER
from gossamer.lab.home import LabFolder

_HEADS = ("SEQUENCE", "TIME", "EVENT", "IDENTITY", "DNS", "ENDS", "ASKED BY")
_LOOK_S = 0.5


@click.command()
@click.option("--last", metavar="N", type=click.IntRange(1), help="The last N lines alone.")
@click.option("-f", "--follow", is_flag=True, help="Go on showing new ones, until Ctrl-C.")
@lab_option
@output_option()
def log(last: int | None, follow: bool, lab: LabFolder, output: str | None) -> None:
    """Show which certificates were signed: when, for whom, until when, and who asked.

    The log is read as it stands on disk, so it answers without the control plane too. Each line
    holds the digest of the one before; `gossamer check` verifies them all.
    """
    folder = lab.plane / "ca" / LOG_FOLDER
    try:
        seen = entries(folder, last)
    except OSError as error:
        raise CliError(
            f"the issuance log in {folder} cannot be read ({error.strerror}), so nothing is shown; "
            "run this as the user who started the lab"
        ) from error
    if not seen and not folder.is_dir():
        raise CliError(
            f"lab {lab.name!r} has no issuance log in {folder}; nothing is shown; "
            "start it by `gossamer up PATH...`, or name another by --name"
        )
    if follow:
        _follow(folder, seen, output)
    elif output == "json":
        print_json([asdict(each) for each in seen])
    else:
        print_table(_HEADS, [_row(each) for each in seen])


def _follow(folder: Path, seen: Sequence[ChainedEntry], output: str | None) -> None:
    """Show these, and each one that comes, a line each."""
    after = seen[-1].sequence if seen else 0
    try:
        for entry in seen:
            _show(entry, output)
        for entry in new_entries(folder, after, lambda: time.sleep(_LOOK_S)):
            _show(entry, output)
    except KeyboardInterrupt:
        return


def _show(entry: ChainedEntry, output: str | None) -> None:
    say(json.dumps(asdict(entry)) if output == "json" else "  ".join(map(str, _row(entry))))


def _row(entry: ChainedEntry) -> tuple[object, ...]:
    ends = entry.not_after or entry.until or "-"
    names = " ".join(entry.dns) or "-"
    return entry.sequence, entry.time, entry.event, entry.spiffe, names, ends, entry.asked_by

"""`gossamer identity status`: the mesh's own authority, and how far a rotation of its root is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, print_table, say
from gossamer.lab.home import LabFolder

_HEADS = ("CERTIFICATE", "WHAT", "SIGNS", "BEGAN", "ENDS", "DAYS LEFT")
_MEANING = {
    "prepare": "the next root is being made",
    "distributing": "every proxy learns the next root; the former one signs",
    "activated": "the next root signs; every certificate is renewed",
    "retiring": "every proxy forgets the former root",
}


@click.command()
@lab_option
@output_option()
def status(lab: LabFolder, output: str | None) -> None:
    """Show the authority's certificates, and how far a rotation of the root is."""
    standing = plane_of(lab).identity()
    if output == "json":
        print_json(standing)
        return
    print_table(_HEADS, [_row(each) for each in standing["certificates"]])
    for line in lines_of(standing):
        say(line)


def lines_of(standing: Mapping[str, Any]) -> Iterator[str]:
    """What there is to say beside the table."""
    yield from phase_of(standing)
    if standing["next_renewal"]:
        yield f"the next workload certificate is renewed at {standing['next_renewal']}"
    for warning in standing["warnings"]:
        yield f"{warning['severity']}: {warning['message']}; {warning['remedy']}"


def phase_of(standing: Mapping[str, Any]) -> Iterator[str]:
    """The phase of a rotation, and who holds it up."""
    if standing["phase"] == "done":
        yield f"no rotation is under way{_ended(standing)}"
    else:
        meaning = _MEANING[standing["phase"]]
        yield f"rotation: {standing['phase']} since {standing['since']} ({meaning})"
    for each in standing["waiting"]:
        yield f"  waiting for {each['who']}: {each['why']}"
    if standing["waiting"]:
        until = standing["waits_until"]
        yield f"  goes on without them at {until}, or by `gossamer identity rotate --force`"
    if standing["left_behind"]:
        yield f"  not waited for: {', '.join(standing['left_behind'])}"


def _ended(standing: Mapping[str, Any]) -> str:
    return f"; the last one ended at {standing['since']}" if standing["since"] else ""


def _row(each: Mapping[str, Any]) -> tuple[object, ...]:
    what = "root" if each["is_root"] else "issuing"
    signs = "yes" if each["signs"] else "no"
    name = each["fingerprint"][:16]
    return name, what, signs, each["begins"], each["ends"], each["days_left"]

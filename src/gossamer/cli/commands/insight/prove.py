"""`gossamer prove`: whether promises of who may call whom hold, for every call."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.offline.promises import Stated, StatedPromise, call_line, place_of, stated_beside
from gossamer.cli.options import lab_folder, lab_name_option, output_option
from gossamer.cli.terminal.output import one_line, print_json, say
from gossamer.explain.promises.promise import BadPromise, read_promise
from gossamer.render.given import Inputs

Proof = Mapping[str, Any]
_OF_THE_COMMAND = "(command line)"


@click.command()
@click.argument("promises", nargs=-1, metavar="[PROMISE]...")
@click.option("-f", "--filename", "paths", multiple=True, help="Prove it of these files, offline.")
@click.option("--promises", "named", multiple=True, help="A file with a promise in each line.")
@lab_name_option
@output_option()
def prove(
    promises: tuple[str, ...],
    paths: tuple[str, ...],
    named: tuple[str, ...],
    name: str,
    output: str | None,
) -> None:
    """Prove a PROMISE such as 'no team-a to team-b', or show a call that breaks it.

    Without one, those in promises.txt beside the files of -f. Exit 0 if all hold, else 1.
    """
    stated = _stated(promises, paths, named)
    proofs = _offline(stated, paths) if paths else plane_of(lab_folder(name)).prove(stated.texts)
    answers = proofs["proofs"]
    if output == "json":
        print_json(answers)
    else:
        for each in answers:
            show(each)
    sys.exit(0 if all(each["holds"] for each in answers) else 1)


def _stated(promises: Sequence[str], paths: Sequence[str], named: Sequence[str]) -> Stated:
    try:
        given = tuple(StatedPromise(read_promise(text), _OF_THE_COMMAND, 1) for text in promises)
    except BadPromise as error:
        raise click.UsageError(str(error)) from error
    beside = stated_beside(Inputs(() if promises else tuple(paths)), named)
    for finding in beside.findings:
        raise click.UsageError(f"{finding.origin.file}:{finding.origin.line}: {finding.message}")
    every = {each.promise: each for each in (*given, *beside.promises)}
    if not every:
        raise click.UsageError("there is no promise: write one, or name a file with --promises")
    return Stated(tuple(every.values()))


def _offline(stated: Stated, paths: Sequence[str]) -> Mapping[str, Any]:
    from gossamer.cli.offline.offline_mesh import offline_mesh
    from gossamer.cli.offline.proofs import proofs_in
    from gossamer.cli.reading import files_at, read_all

    mesh, _ = offline_mesh(read_all(files_at(paths)))
    return {"proofs": proofs_in(mesh, stated.promises)}


def show(proof: Proof) -> None:
    """The answer, the call that shows it, and the rule that decides."""
    say(one_line(f"{proof['outcome']}: {proof['promise']}"))
    if proof["holds"]:
        return
    say(one_line(f"  {proof['reason']}"))
    if proof["call"]:
        say(one_line(f"  {call_line(proof['call'])}"))
    if proof["by"]:
        say(one_line(f"  {place_of(proof['by'])}"))

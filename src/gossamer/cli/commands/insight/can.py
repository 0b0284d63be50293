"""`gossamer can`: whether one workload may call another, and by which policy."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.parties import party_name
from gossamer.cli.options import (
    header_option,
    lab_option,
    names,
    namespace_option,
    optional_files_option,
    output_option,
)
from gossamer.cli.printing.places import place_words
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder
from gossamer.render.given import Inputs

Told = Mapping[str, Any]


@click.command()
@click.argument("source", metavar="SRC", shell_complete=names("pods"))
@click.argument("destination", metavar="DST", shell_complete=names("pods"))
@click.argument("path", required=False)
@click.option("-X", "--request", "method", help="The method; GET unless it is said.")
@header_option
@click.option("--port", type=click.IntRange(1, 65535), help="That port alone.")
@click.option("--client-ip", "client", default="", help="The address of who is outside.")
@optional_files_option
@namespace_option
@lab_option
@output_option()
def can(
    source: str,
    destination: str,
    path: str | None,
    method: str | None,
    headers: list[tuple[str, str]],
    port: int | None,
    client: str,
    paths: Inputs,
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Say whether SRC may call DST, and which policy says so. Exit 0 yes, 1 no, 2 wrong usage.

    SRC and DST are workloads or pods (NAMESPACE/NAME, deploy/NAME, or NAME with -n), a service
    account (sa/NAMESPACE/NAME), `outside`, and DST also svc/NAME. With -f the answer is of these
    files, without a lab.
    """
    question = {
        "source": party_name(source, namespace),
        "destination": party_name(destination, namespace),
        "method": method,
        "path": path,
        "headers": [list(pair) for pair in headers],
        "port": port,
        "client": client,
    }
    answer = _offline(paths, question) if paths else plane_of(lab).can(question)
    if output == "json":
        print_json(answer)
    else:
        show_answer(answer)
    sys.exit(0 if answer["allowed"] else 1)


def _offline(paths: Inputs, question: Told) -> Told:
    import msgspec

    from gossamer.cli.offline.offline_mesh import offline_mesh
    from gossamer.cli.reading import files_at, read_all
    from gossamer.explain.walk.call import BadCall
    from gossamer.plane.api.shapes import CanBody
    from gossamer.plane.queries.permission import may_call

    mesh, _ = offline_mesh(read_all(files_at(paths)))
    try:
        answer: Told = msgspec.to_builtins(may_call(mesh, msgspec.convert(question, CanBody)))
    except BadCall as error:
        raise CliError(str(error)) from error
    return answer


_WORDS = {True: "may call", False: "may not call", None: "cannot be told to call"}


def show_answer(answer: Told) -> None:
    """One line, then each port with the lines that decide."""
    for port in answer["ports"]:
        verb = {True: "allowed", False: "denied", None: "cannot tell"}[port["allowed"]]
        way = "mutual TLS" if port["mtls"] else "plaintext"
        say(f"{verb:<11}  {port['workload']} port {port['port']}, {way}: {port['reason']}")
        for place in port["because"]:
            say(f"{'':<11}    {place_words(place)}")
        for note in port["dry_run"]:
            say(f"{'':<11}    {note}")
    if answer["other_requests"]:
        say(f"asked for {answer['request']}; -X and PATH ask for others, answered otherwise")

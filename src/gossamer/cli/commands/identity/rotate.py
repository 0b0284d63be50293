"""`gossamer identity rotate`: another root for the mesh, while it runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from gossamer.cli.commands.identity.status import phase_of
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable

LOOK_S = 0.5
_UNDER_WAY = 409


@click.command()
@click.option("--wait", is_flag=True, help="Return when the rotation is done, and tell its steps.")
@click.option(
    "--to",
    "source",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Rotate to the issuer in FOLDER, not to a root that the control plane makes.",
)
@click.option(
    "--force",
    is_flag=True,
    help="End the present phase without those that it waits for; they join anew.",
)
@lab_option
@output_option()
def rotate(
    wait: bool, source: Path | None, force: bool, lab: LabFolder, output: str | None
) -> None:
    """Exchange the root of the mesh. No request fails and nothing restarts.

    Every proxy learns the next root before anything is signed under it, and forgets the former one
    after every certificate was renewed. `gossamer identity status` says how far that is, and who
    is waited for.
    """
    plane = plane_of(lab)
    standing = _force(plane) if force else _begin(plane, source, wait)
    if wait:
        standing = _follow(plane, standing, quiet=output == "json")
    if output == "json":
        print_json(standing)
    elif not wait:
        for line in phase_of(standing):
            say(line)


def _begin(plane: PlaneClient, source: Path | None, wait: bool) -> Mapping[str, Any]:
    """Begin one; who waits may wait for the one that is under way."""
    try:
        return plane.rotate(str(source.absolute()) if source else "")
    except PlaneRefused as refused:
        if refused.status == _UNDER_WAY and wait and source is None:
            return plane.identity()
        raise CliError(str(refused)) from refused


def _force(plane: PlaneClient) -> Mapping[str, Any]:
    before = plane.identity()
    if not before["waiting"]:
        raise CliError(
            f"the rotation is {before['phase']} and waits for nobody, so there is nothing to "
            "force; see `gossamer identity status`"
        )
    for each in before["waiting"]:
        say(f"left behind: {each['who']} ({each['why']})")
    return plane.rotate(force=True)


def _follow(plane: PlaneClient, standing: Mapping[str, Any], quiet: bool) -> Mapping[str, Any]:
    """Wait for the end of the rotation, and say what changes meanwhile."""
    lines: list[str] = []
    while True:
        now = list(phase_of(standing))
        if now != lines and not quiet:
            for line in now:
                say(line)
        lines = now
        if standing["phase"] == "done":
            return standing
        time.sleep(LOOK_S)
        standing = _again(plane) or standing


def _again(plane: PlaneClient) -> Mapping[str, Any] | None:
    """How it stands now; None while the control plane is away, after which it goes on."""
    try:
        return plane.identity()
    except PlaneUnreachable:
        return None

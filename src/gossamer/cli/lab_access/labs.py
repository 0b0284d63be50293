"""Which lab a command speaks to; where it does not run, words that name those that do."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gossamer.cli.error import CliError
from gossamer.lab.home import LabFolder
from gossamer.lab.start import LabError, attach
from gossamer.plane.client import PATIENCE, TOKEN_VARIABLE, PlaneClient


def plane_of(lab: LabFolder) -> PlaneClient:
    """The control plane of a running lab; CliError where the lab does not run."""
    require(lab)
    return plane_client(lab)


def plane_client(lab: LabFolder, patience: float = PATIENCE) -> PlaneClient:
    """The lab's control plane, asked with the token that the environment names, if there is one."""
    return PlaneClient(lab.plane_socket, lab.name, patience, token_in(os.environ))


def token_in(environ: Mapping[str, str]) -> str:
    """The bearer token that commands show to the control plane; empty for none."""
    return environ.get(TOKEN_VARIABLE, "").strip()


def require_no_token(what: str) -> None:
    """Raises CliError where a token is set: a lab's own processes know no roles, so what is done
    through them is never what a token allows."""
    if token_in(os.environ):
        raise CliError(
            f"{what} goes to the lab itself, which knows no tokens, and {TOKEN_VARIABLE} is set; "
            f"nothing was done; leave {TOKEN_VARIABLE} out to act as the lab's owner"
        )


def require(lab: LabFolder) -> None:
    """Raises CliError where the lab does not run, or is another user's."""
    require_own(lab)
    if not runs(lab):
        others = ", ".join(sorted(each.name for each in _beside(lab) if runs(each)))
        choice = f"say --name for one that does ({others}), or start" if others else "start"
        raise CliError(
            f"no lab {lab.name!r} runs, so nothing was done; {choice} it: `gossamer up PATH...`"
        )


def require_own(lab: LabFolder) -> None:
    """Raises CliError where the lab's folder is closed to this user."""
    try:
        lab.record.lstat()
    except PermissionError as refused:
        raise CliError(
            f"lab {lab.name!r} in {lab.root} belongs to another user, so nothing was done; "
            "run gossamer as that user, or set GOSSAMER_HOME to a folder of yours"
        ) from refused
    except OSError:
        return


def runs(lab: LabFolder) -> bool:
    """Whether its holder lives."""
    try:
        attach(lab.name, lab.root.parent.parent)
    except (LabError, ValueError):
        return False
    return True


def _beside(lab: LabFolder) -> list[LabFolder]:
    try:
        return [LabFolder(path) for path in lab.root.parent.iterdir()]
    except OSError:
        return []

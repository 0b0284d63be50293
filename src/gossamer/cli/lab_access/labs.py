"""Which lab a command speaks to; where it does not run, words that name those that do."""

from __future__ import annotations

from gossamer.cli.error import CliError
from gossamer.lab.home import LabFolder
from gossamer.lab.start import LabError, attach
from gossamer.plane.client import PlaneClient


def plane_of(lab: LabFolder) -> PlaneClient:
    """The control plane of a running lab; CliError where the lab does not run."""
    require(lab)
    return PlaneClient(lab.plane_socket, lab.name)


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

"""How this machine runs containers: by lab.yaml, by stand-ins, by programs that it has."""

from __future__ import annotations

import shutil
import sys

from gossamer.lab.files import Files
from gossamer.lab.plan.pod.command import LabSettings, StandIn


def settings_of(name: str, files: Files, stand_in: StandIn) -> LabSettings:
    """The settings by which a lab of that name plans its pods."""
    return LabSettings(
        lab=name,
        images=files.lab.rules,
        stand_in_for_all=files.stand_in or files.lab.stand_in,
        stand_in=stand_in,
        runs_here=_runs_here,
        python=sys.executable,
    )


def _runs_here(program: str) -> bool:
    """Whether this machine has a program."""
    return shutil.which(program) is not None

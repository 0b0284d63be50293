"""`python held_lab.py --state DIR`: a holder whose plane is the fake one and whose agent idles."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gossamer.lab.holder.__main__ import main
from gossamer.lab.holder.pods import programs
from gossamer.lab.home import LabFolder
from gossamer.process.supervision.processes import Process, Restart


def fake_plane(folder: LabFolder) -> Process:
    """In the plane's place."""
    line = (sys.executable, str(Path(__file__).with_name("fake_plane.py")))
    env, log = dict(os.environ), folder.log("plane")
    return Process("plane", (*line, str(folder.plane_socket)), env, log, Restart.ALWAYS)


def idle_agent(folder: LabFolder) -> Process:
    """In the agent's place: no pod of these labs has a proxy."""
    return Process("agent", ("sleep", "infinity"), dict(os.environ), folder.log("agent"))


if __name__ == "__main__":
    programs.plane, programs.agent = fake_plane, idle_agent
    sys.exit(main())

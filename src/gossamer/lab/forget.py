"""What of a lab holds secrets, keys or live sockets, and so does not outlive it: all but logs."""

from __future__ import annotations

import shutil

from gossamer.lab.home import LabFolder


def forget(folder: LabFolder) -> None:
    """Remove it; call this only when nothing of the lab runs any more."""
    for gone in (folder.record, folder.names, folder.join, folder.input):
        gone.unlink(missing_ok=True)
    for path in (folder.edge, folder.bin, folder.agent, folder.plane):
        shutil.rmtree(path, ignore_errors=True)
    for volumes in folder.pods.glob("*/volumes"):
        shutil.rmtree(volumes, ignore_errors=True)

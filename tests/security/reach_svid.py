"""Run in a pod: what there is of the Workload API here, and which of other pods' files and sockets
(a list of paths, as JSON) can be read, written or connected to; printed as JSON."""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable

OWN = "/run/spiffe"


def connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(path)
        except OSError:
            return False
    return True


def opens(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True


CHANGES: dict[str, Callable[[str], None]] = {
    "made a file": lambda path: os.mkdir(f"{path}/evil"),
    "renamed the socket": lambda path: os.rename(f"{path}/api.sock", f"{path}/other"),
    "removed the socket": lambda path: os.unlink(f"{path}/api.sock"),
}


def changed(path: str) -> list[str]:
    """What of the pod's own folder could be changed."""
    worked = []
    for name, change in CHANGES.items():
        with contextlib.suppress(OSError):
            change(path)
            worked.append(name)
    return worked


print(
    json.dumps(
        {
            "folder": sorted(os.listdir(OWN)) if os.path.isdir(OWN) else None,
            "variable": os.environ.get("SPIFFE_ENDPOINT_SOCKET"),
            "connects": connects(f"{OWN}/api.sock"),
            "changed": changed(OWN) if os.path.isdir(OWN) else [],
            "reached": [path for path in json.loads(sys.argv[1]) if opens(path) or connects(path)],
        }
    )
)

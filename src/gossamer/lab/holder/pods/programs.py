"""The command lines of what a lab runs beside its pods."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from gossamer.apps.shims import shims
from gossamer.envoy.binary import envoy_path
from gossamer.envoy.process import ENVIRONMENT, ProcessPlan, argv
from gossamer.lab.edge import EdgeSide, bootstrap
from gossamer.lab.home import LabFolder
from gossamer.process.supervision.processes import Process, Restart

HOST = "lab"
FOR_PROXIES = "10.244.0.1:1053"
"""Where proxies ask for hosts outside; port 53 tells pods virtual addresses."""

OWN = ("plane", "agent", "dns", "edge-outer", "edge-inner")
"""The processes that are ours, by name."""

_KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV"),
    "SSL_CERT_FILE",
)
_FOR_PODS = ("LANG", "LC_ALL", "TZ", "PYTHONPATH", "VIRTUAL_ENV")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def own_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What our own programs inherit from whoever started the lab."""
    kept = {key: environ[key] for key in _KEPT if key in environ}
    ours = {key: value for key, value in environ.items() if key.startswith("GOSSAMER_")}
    return {"PATH": _PATH, **kept, **ours, "PYTHONUNBUFFERED": "1"}


def pod_environment(environ: Mapping[str, str], tools: str) -> dict[str, str]:
    """What every container has before its own variables; our shims come last in PATH."""
    kept = {key: environ[key] for key in _FOR_PODS if key in environ}
    path = environ.get("PATH", _PATH)
    return {**kept, "PATH": f"{path}:{tools}", "HOME": "/tmp", "PYTHONUNBUFFERED": "1"}


def write_shims(folder: Path) -> None:
    """Clients of our own (curl, wget, grpc-call, …) for machines that have none."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in shims(sys.executable).items():
        script = folder / name
        script.write_text(text)
        script.chmod(0o755)


def _python(module: str, name: str, folder: LabFolder, *words: str) -> Process:
    line = (sys.executable, "-P", "-m", module, *words)
    return Process(
        name, line, own_environment(os.environ), folder.log(name), restart=Restart.ALWAYS
    )


def plane(folder: LabFolder) -> Process:
    """The control plane: files and Unix sockets only."""
    return _python(
        "gossamer.plane", "plane", folder,
        "--state", str(folder.plane), "--api", f"unix:{folder.plane_socket}",
        "--xds", f"unix:{folder.xds_socket}", "--join", str(folder.join), "--join-host", HOST,
    )  # fmt: skip


def agent(folder: LabFolder) -> Process:
    """The agent of this host, with every proxy of the lab in its care."""
    return _python(
        "gossamer.agent", "agent", folder,
        "--state", str(folder.agent), "--xds", f"unix:{folder.xds_socket}",
        "--control", f"unix:{folder.agent_socket}", "--join", str(folder.join),
        "--holder", f"unix:{folder.holder_socket}", "--resolver", FOR_PROXIES,
    )  # fmt: skip


def resolver(
    folder: LabFolder, network: Path, user: Path | None, listen: tuple[str, ...]
) -> Process:
    """The resolver: asks the host's resolvers, answers inside the world."""
    where = ["--enter-net", str(network), *(["--enter-user", str(user)] if user else [])]
    at = [argument for address in listen for argument in ("--listen", address)]
    names = ("--names", str(folder.names))
    at += ["--listen-for-proxies", FOR_PROXIES]
    return _python("gossamer.dns", "dns", folder, *names, *at, *where)


def edge(folder: LabFolder, side: EdgeSide) -> Process:
    """One of the two edge Envoys; the inner one still has to enter the world."""
    start = folder.edge / f"{side}.json"
    start.parent.mkdir(parents=True, exist_ok=True)
    start.write_text(json.dumps(bootstrap(side, folder.edge), indent=1))
    line = argv(ProcessPlan(envoy_path(), start))
    name = f"edge-{side}"
    return Process(name, tuple(line), ENVIRONMENT, folder.log(name), restart=Restart.ALWAYS)

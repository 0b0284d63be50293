"""Applications like published ones: from `up --stand-in` until Ready, and the memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import tell

APPLICATIONS = Path("tests/e2e/applications")
COMMAND = (sys.executable, "-m", "gossamer.cli.main")


def main() -> None:
    """Each in a lab of its own, once."""
    tell("applications", [row(path) for path in sorted(APPLICATIONS.iterdir())])


def row(path: Path) -> dict[str, Any]:
    """Pods, seconds until all are Ready, and what the stand-ins hold privately."""
    with TemporaryDirectory(prefix="gos") as home:
        environment = {**os.environ, "GOSSAMER_HOME": home}
        began = time.perf_counter()
        words = ("up", str(path), "--stand-in", "--detach", "-o", "json")
        up = subprocess.run((*COMMAND, *words), env=environment, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        try:
            pods = json.loads(up.stdout)["pods"]
            private = sum(_private_kb(pid) for pid in _stand_ins(home)) / 1024
        finally:
            subprocess.run((*COMMAND, "down"), env=environment, capture_output=True, check=True)
    ready = sum(bool(pod["ready"]) for pod in pods)
    return {"application": path.stem, "pods": len(pods), "ready": ready, "s": seconds} | {
        "stand_ins_private_mb": private
    }


def _stand_ins(home: str) -> list[int]:
    """The stand-ins' processes of the lab in `home`, which is in none of their words: by parent."""
    record = json.loads((Path(home) / "labs/default/lab.json").read_text())
    children: dict[int, list[int]] = {}
    lines: dict[int, str] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            lines[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        children.setdefault(parent, []).append(int(path.name))
    below = list(children.get(record["pid"], ()))
    for pid in below:
        below += children.get(pid, ())
    return [pid for pid in below if "gossamer.apps stand-in" in lines[pid]]


def _private_kb(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in fields if line.startswith("Private_"))


if __name__ == "__main__":
    main()

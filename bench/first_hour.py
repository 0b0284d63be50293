"""A newcomer's wait: a fresh clone, its set-up with what pip has, the demo's first picture."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.report import tell

FIRST_PICTURE = "page: "
"""The demo's first line once its mesh is Ready, where it does not draw on a terminal."""


def main() -> None:
    """Seconds from `git clone` until set up, and until the demo shows something; once."""
    with TemporaryDirectory(prefix="gb-") as folder, TemporaryDirectory(prefix="gb-") as home:
        clone, began = Path(folder) / "clone", time.perf_counter()
        subprocess.run(("git", "clone", "--quiet", ".", clone), check=True)
        subprocess.run(("make", "setup"), cwd=clone, check=True, capture_output=True)
        set_up = time.perf_counter() - began
        shown = _first_picture(clone, home) - began
        rows = [{"until": "set up", "s": set_up}, {"until": "the demo's first picture", "s": shown}]
    tell("first_hour", rows)


def _first_picture(clone: Path, home: str) -> float:
    """When the demo showed its mesh; returns once it has ended, which it does by itself."""
    demo = subprocess.Popen(
        ("make", "demo", "ARGS=--for 5s --name bench-demo"),
        cwd=clone,
        env={**os.environ, "GOSSAMER_HOME": home},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert demo.stdout is not None
    shown = any(line.startswith(FIRST_PICTURE) for line in demo.stdout)
    moment = time.perf_counter()
    demo.communicate()
    if not shown or demo.returncode:
        raise RuntimeError(f"the demo ended with {demo.returncode}")
    return moment


if __name__ == "__main__":
    main()

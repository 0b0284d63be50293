"""The first hour: published shapes of applications until Ready, and a clone until its demo.

`--clone` adds the demo of a fresh clone: set-up with what pip has cached, up to its first picture.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.lab import NAME, Lab
from bench.report import tell

APPLICATIONS = Path("tests/e2e/applications")
FIRST_PICTURE = "page: "
"""The demo's first line once its mesh is Ready, where it does not draw on a terminal."""


def main() -> None:
    """Each application once, with stand-ins for all images that nothing else runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clone", action="store_true", help="also a fresh clone to its demo")
    wanted = parser.parse_args()
    places = [Path("examples/bookinfo"), Path("examples/shop/k8s"), *sorted(APPLICATIONS.iterdir())]
    rows = [_ready(place) for place in places]
    if wanted.clone:
        rows.append(_cloned())
    tell("first_hour", rows)


def _ready(place: Path) -> dict[str, Any]:
    """From the command to all pods Ready."""
    with _home() as running:
        began = time.perf_counter()
        answer = running.run(
            "up", "--name", NAME, str(place), "--stand-in", "--detach", "-o", "json"
        )
        seconds = time.perf_counter() - began
    return {"what": place.name, "pods": len(json.loads(answer)["pods"]), "seconds": seconds}


@contextmanager
def _home() -> Iterator[Lab]:
    with TemporaryDirectory(prefix="gb-") as folder:
        running = Lab(Path(folder))
        try:
            yield running
        finally:
            running.run("down", "--name", NAME)


def _cloned() -> dict[str, Any]:
    """`git clone` and `make demo`, up to the first picture; the demo ends by itself."""
    with TemporaryDirectory(prefix="gb-") as folder:
        began = time.perf_counter()
        subprocess.run(("git", "clone", "--quiet", ".", f"{folder}/clone"), check=True)
        demo = subprocess.Popen(
            ("make", "demo", "ARGS=--for 5s --name bench-demo"),
            cwd=f"{folder}/clone",
            env={**os.environ, "GOSSAMER_HOME": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert demo.stdout is not None
        while not demo.stdout.readline().startswith(FIRST_PICTURE) and demo.poll() is None:
            pass
        seconds = time.perf_counter() - began
        demo.communicate()
    return {"what": "clone, set-up and the demo's first picture", "pods": None, "seconds": seconds}


if __name__ == "__main__":
    main()

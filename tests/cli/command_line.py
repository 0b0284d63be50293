"""The command line as a person has it: a process of its own, and a state folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`gossamer WORDS` in a process of its own."""

    home: Path

    def __call__(self, *words: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        ours = {"GOSSAMER_HOME": str(self.home), "HOME": str(self.home)}
        done = subprocess.run(
            [sys.executable, "-m", "gossamer.cli.main", *words],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=60,
            check=False,
            cwd=ROOT,
            env={**kept, **ours, **(env or {})},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

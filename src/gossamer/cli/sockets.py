"""One question to the holder or the agent of a lab: JSON lines over a Unix socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gossamer.cli.error import CliError
from gossamer.cli.labs import require
from gossamer.lab.home import LabFolder


def ask(path: Path, question: Mapping[str, Any], timeout_s: float = 60.0) -> Any:
    """The answer to one question; CliError where nobody answers or the answer is an error."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(timeout_s)
            line.connect(str(path))
            line.sendall(json.dumps(question).encode() + b"\n")
            answer = line.makefile("rb").readline()
    except OSError as error:
        require(LabFolder(path.parent))
        raise CliError(
            f"lab {path.parent.name!r} runs, but nothing answers at {path} "
            f"({error.strerror or error}); ask again in a moment, then see {path.parent / 'logs'}"
        ) from error
    if not answer:
        raise CliError(f"{path} closed without an answer; see {path.parent / 'logs'}")
    found = json.loads(answer)
    if isinstance(found, dict) and found.get("error"):
        raise CliError(str(found["error"]))
    return found

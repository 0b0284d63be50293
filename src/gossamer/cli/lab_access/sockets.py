"""One question to the holder or the agent of a lab, with words for people where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import require, require_no_token
from gossamer.lab.home import LabFolder
from gossamer.process.json_lines.ask import ask_process
from gossamer.process.json_lines.line import Payload


def ask(path: Path, question: Payload, timeout_s: float = 60.0) -> dict[str, Any]:
    """The answer to one question; CliError where nothing answers or the answer is an error."""
    require_no_token("this command")
    try:
        answer = ask_process(path, question, timeout_s)
    except OSError as error:
        require(LabFolder(path.parent))
        raise CliError(
            f"lab {path.parent.name!r} runs, but nothing answers at {path} "
            f"({error.strerror or error}); ask again in a moment, then see {path.parent / 'logs'}"
        ) from error
    if answer.get("error"):
        raise CliError(str(answer["error"]))
    return answer

"""The examples of a page: commands in `console` fences, with what they printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_STATUS = re.compile(r"^exit status \d+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """One command line and the text below it."""

    command: str
    shown: str


def examples(page: str) -> tuple[Example, ...]:
    """Every example of a page, in its order."""
    text = (DOCS / page).read_text()
    return tuple(each for fence in _FENCE.findall(text) for each in _in(fence))


def _in(fence: str) -> Iterator[Example]:
    for part in re.split(r"^\$ ", fence, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Example(command, shown.strip())


def differences(example: Example, printed: str) -> Iterator[str]:
    """Where what was printed is of another form than the page says.

    JSON must have every key that is shown, with values of the same type; a table its heads; and a
    line `exit status N` stands as it is. Values differ from run to run and are not compared.
    """
    if example.command.endswith("-o json"):
        yield from _unlike(json.loads(example.shown), json.loads(printed), "$")
    first, status = (
        example.shown.partition("\n")[0],
        re.findall(r"^exit status \d+$", printed, re.M),
    )
    if first.isupper() and first.split() != printed.partition("\n")[0].split():
        yield f"the heads are {printed.partition(chr(10))[0]!r}"
    if re.findall(r"^exit status \d+$", example.shown, re.MULTILINE) != status:
        yield f"it ended with {status}"


def _unlike(shown: Any, got: Any, path: str) -> Iterator[str]:
    if shown is None or got is None:
        return
    if isinstance(shown, dict) and isinstance(got, dict):
        for key in shown:
            if key not in got and not _by_name(path):
                yield f"{path}.{key} is missing"
            elif key in got:
                yield from _unlike(shown[key], got[key], f"{path}.{key}")
    elif isinstance(shown, list) and isinstance(got, list):
        if shown and not got:
            yield f"{path} is empty"
        elif shown:
            yield from _unlike(shown[0], got[0], f"{path}[]")
    elif not _same_type(shown, got):
        yield f"{path} is {got!r}, not like {shown!r}"


def _by_name(path: str) -> bool:
    """A mapping whose keys are names of things and not of fields."""
    return path.endswith((".labels", ".changed", ".set"))


def _same_type(shown: Any, got: Any) -> bool:
    numbers = (int, float)
    both_numbers = isinstance(shown, numbers) and isinstance(got, numbers)
    return type(shown) is type(got) or (both_numbers and type(shown) is not bool)

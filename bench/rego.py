"""Rego: how many of OPA's published test cases our engine answers as OPA does.

The cases are in the sources of OPA, `v1/test/cases/testdata/v1`: a folder for each part of the
language; a case is a query with modules, data, input, and what is wanted. Each folder runs in its
own process.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from regopy import Interpreter, LogLevel, RegoError

from gossamer.opa.engine import Engine
from gossamer.opa.shapes import RegoPolicy

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ALLOW = 'package a\nimport rego.v1\nallow if input.attributes.request.http.method == "GET"\n'


def main() -> None:
    """Print each folder that is not whole, the sum, and what a question costs."""
    parser = argparse.ArgumentParser(prog="bench rego", description=__doc__)
    parser.add_argument("--cases", type=Path, help="OPA's v1/test/cases/testdata/v1")
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        print(json.dumps([good(case) for case in cases(given.cases / given.folder)]))
        return
    if given.cases:
        print_coverage(given.cases)
    print(f"one question: {question_us():.0f} µs")


def print_coverage(root: Path) -> None:
    """Run every folder."""
    passed = total = 0
    for folder in sorted(each.name for each in root.iterdir() if each.is_dir()):
        argv = [sys.executable, "-m", "bench", "rego", "--cases", str(root), "--folder", folder]
        run = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
        results = json.loads(run.stdout) if run.returncode == 0 else [False]
        passed, total = passed + sum(results), total + len(results)
        if not all(results):
            print(f"{folder}: {sum(results)} of {len(results)}")
    print(f"all: {passed} of {total}")


def cases(folder: Path) -> Iterator[dict[str, Any]]:
    """The cases of a folder's files."""
    for file in sorted(folder.glob("*.yaml")):
        yield from yaml.load(file.read_text(), _LOADER).get("cases") or []


def good(case: dict[str, Any]) -> bool:
    """Whether the answer is the wanted one; a wanted error may be any, or no answer."""
    wants_error = "want_error" in case or "want_error_code" in case
    try:
        rows = answers(case)
    except (RegoError, ValueError):
        return wants_error
    if wants_error:
        return not rows
    if "want_defined" in case:
        return bool(rows) is bool(case["want_defined"])
    return plain(rows, case) == plain(case.get("want_result") or [], case)


def answers(case: dict[str, Any]) -> list[Any]:
    """The bindings of each answer."""
    rego = Interpreter()
    rego.log_level = LogLevel.NONE
    for number, text in enumerate(case.get("modules") or []):
        rego.add_module(f"m{number}", text)
    if case.get("data") is not None:
        rego.add_data(case["data"])
    if "input_term" in case:
        rego.set_input_term(case["input_term"])
    elif "input" in case:
        rego.set_input(case["input"])
    output = rego.query(case["query"])
    if not output.ok():
        raise ValueError(str(output))
    return [each.bindings for each in output.results if each.expressions or each.bindings]


def plain(rows: list[Any], case: dict[str, Any]) -> list[str]:
    """Answers that can be compared; sets come in any order."""
    if case.get("sort_bindings"):
        rows = [{name: in_order(value) for name, value in row.items()} for row in rows]
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def in_order(value: Any) -> Any:
    """A list sorted by its items' text."""
    if isinstance(value, list):
        return sorted(value, key=lambda each: json.dumps(each, sort_keys=True))
    return value


def question_us(rounds: int = 500) -> float:
    """Microseconds for one question of a small policy."""
    engine = Engine(RegoPolicy("a/b", {"p.rego": ALLOW}))
    asked = {"attributes": {"request": {"http": {"method": "GET"}}}}
    begun = time.perf_counter()
    for _ in range(rounds):
        engine.ask("data.a.allow", asked)
    return (time.perf_counter() - begun) / rounds * 1e6

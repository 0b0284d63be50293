"""The tests beside a policy: rules named `test_…`, as `opa test` runs them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gossamer.opa.engine import Engine, RegoFailed
from gossamer.opa.shapes import RegoPolicy

_PACKAGE = re.compile(r"^\s*package\s+(?P<name>[A-Za-z0-9_.]+)", re.MULTILINE)
_TEST = re.compile(r"^(?P<name>test_\w+)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FailedTest:
    """A test that is not true: in which module and line, and what it gave or why it failed."""

    module: str
    line: int
    name: str
    why: str


def failed_tests(policy: RegoPolicy) -> Iterator[FailedTest]:
    """The tests of a policy that fail. Raises RegoMissing, or RegoFailed where the engine takes the
    policy only without them."""
    engine = Engine(policy)
    for module, text in sorted(policy.modules.items()):
        package = ".".join(_PACKAGE.findall(text)[:1])
        for test in _TEST.finditer(text):
            why = _why_failed(engine, f"data.{package}.{test['name']}")
            if why:
                line = text.count("\n", 0, test.start()) + 1
                yield FailedTest(module, line, test["name"], why)


def _why_failed(engine: Engine, query: str) -> str:
    try:
        result = engine.ask(query, {})
    except RegoFailed as error:
        return str(error)
    if result is True:
        return ""
    return "it is undefined" if result is None else f"it is {result!r:.60}"

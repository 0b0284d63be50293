"""What belongs to a whole process is set where a program starts, and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import gossamer

SOURCE = Path(gossamer.__file__).parent

ALLOWED = {
    ("plane/main.py", "os.umask"): "a program's own, once, before it does anything",
    ("agent/main.py", "os.umask"): "a program's own, once, before it does anything",
    ("lab/holder/__main__.py", "os.umask"): "a program's own, once, before it does anything",
    ("opa/__main__.py", "os.umask"): "a program's own, once, before it does anything",
    ("identity/issuers/passphrase.py", "os.environ"): "so that no child is given the passphrase",
    ("lab/world/mounts.py", "os.umask"): "the pod's first process, which makes only its mounts",
    ("xds/engine.py", "os.environ"): "gRPC reads its experiments from there alone",
}

CALLS = ("os.umask", "os.putenv", "os.unsetenv", "signal.alarm", "signal.setitimer")
CHANGES = {"update", "setdefault", "pop", "popitem", "clear", "__setitem__"}


def effects(tree: ast.AST) -> Iterator[str]:
    """The process-wide things that a module changes."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute() | ast.alias() if (name := _name(node)) in CALLS:
                yield name
            case ast.ImportFrom(module=("os" | "signal") as module, names=names):
                found = (f"{module}.{each.name}" for each in names)
                yield from (name for name in found if name in CALLS)
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in CHANGES:
                yield from _environment(value)
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()):
                yield from _environment(value)


def _name(node: ast.AST) -> str:
    return ast.unparse(node)


def _environment(value: ast.expr) -> Iterator[str]:
    if _name(value) in ("os.environ", "environ"):
        yield "os.environ"


def test_process_wide_effects_stay_where_programs_start() -> None:
    """umask, alarms and the environment belong to every thread: nobody changes them midway."""
    found = {
        (str(path.relative_to(SOURCE)), effect)
        for path in SOURCE.rglob("*.py")
        for effect in effects(ast.parse(path.read_text()))
    }
    assert found == set(ALLOWED)


def test_each_kind_of_effect_is_seen() -> None:
    """The scan sees them however they are written."""
    written = """
import os, signal
from os import umask
os.umask(0)
os.environ["A"] = "b"
del os.environ["A"]
os.environ.update(A="b")
signal.setitimer(signal.ITIMER_REAL, 1)
signal.alarm(1)
"""
    assert sorted(effects(ast.parse(written))) == [
        "os.environ", "os.environ", "os.environ", "os.umask", "os.umask",
        "signal.alarm", "signal.setitimer",
    ]  # fmt: skip

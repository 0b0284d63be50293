"""What says of itself that it is pure is held to it by the import contract."""

from __future__ import annotations

import ast
from configparser import ConfigParser
from pathlib import Path

import gossamer

SOURCE = Path(gossamer.__file__).parent
CONTRACT = SOURCE.parents[1] / ".importlinter"

ARCHITECTURE_SAYS = (
    "contract",
    "model",
    "manifests",
    "dialects",
    "compile",
    "explain",
    "plane.pipeline",
)


def quiet() -> set[str]:
    """The modules that may import no clock, socket, thread or log."""
    parsed = ConfigParser()
    parsed.read(CONTRACT)
    return set(parsed["importlinter:contract:quiet-rooms"]["source_modules"].split())


def is_quiet(module: str) -> bool:
    """Whether the contract lists the module, or a package that it is in."""
    parts = module.split(".")
    return any(".".join(parts[:n]) in quiet() for n in range(2, len(parts) + 1))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def says_pure(path: Path) -> bool:
    """Its docstring has the word as a statement about the module."""
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return any(word in text for word in ("Pure.", "Pure:", "Pure,", "Pure bytes"))


def test_who_says_pure_is_under_the_contract() -> None:
    """A docstring that promises purity is a promise that `make lint` keeps."""
    assert CONTRACT.exists()
    pure = {module_name(path) for path in SOURCE.rglob("*.py") if says_pure(path)}
    assert len(pure) > 10
    assert [name for name in sorted(pure) if not is_quiet(name)] == []


def test_what_the_architecture_calls_quiet_is_under_the_contract() -> None:
    """The rooms on the road of a change, and every `plan`, import nothing that touches a host."""
    plans = {
        module_name(path) for path in SOURCE.rglob("plan*") if path.name in ("plan", "plan.py")
    }
    ours = plans - {"gossamer.cli.commands.manifests.plan"}  # the command of that name
    named = {f"gossamer.{name}" for name in ARCHITECTURE_SAYS} | ours
    assert [name for name in sorted(named) if not is_quiet(name)] == []

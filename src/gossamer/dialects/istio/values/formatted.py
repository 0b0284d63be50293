"""Header values with Envoy's `%COMMAND(...)%` in them, which Istio hands through."""

from __future__ import annotations

import re
from difflib import get_close_matches

from gossamer.dialects.istio.values.commands import COMMANDS, fault_of_command
from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import Path, dotted, quoted

_COMMAND = re.compile(r"%(?:%|([A-Z0-9_]+)(?:\(([^)]*)\))?(?::(\d+))?%)")
_LITERAL = "Write %% for a percent sign"


def check_formatted(fields: Cursor, field: Path, value: str) -> None:
    """Report what Envoy would refuse: a lone percent sign, or a command that it does not know."""
    what, remedy = _trouble(value)
    if what:
        fields.report(
            f"{dotted((*fields.path, *field))} has {quoted(value)}, with {what}",
            "Envoy would refuse it",
            remedy,
            field=field,
            code="invalid-header",
        )


def _trouble(value: str) -> tuple[str, str]:
    """What is wrong, and the remedy; empty where nothing is."""
    if "%" in _COMMAND.sub("", value):
        return "a lone percent sign", _LITERAL
    for command in _COMMAND.finditer(value):
        name, parameter, length = (part or "" for part in command.groups())
        fault = fault_of_command(name, parameter, length) if name else None
        if fault:
            return f"{command[0]}, which {fault}", _remedy(name)
    return "", ""


def _remedy(name: str) -> str:
    near = [] if name in COMMANDS else get_close_matches(name, sorted(COMMANDS), 1)
    others = "See Envoy's access log command operators"
    return f"%{near[0]}% may be meant. {_LITERAL}" if near else f"{others}. {_LITERAL}"

"""`exportTo`: who may see an object, in the words that Istio gave to it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity
from gossamer.model.ids import EVERYWHERE

NOBODY = "~"
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_WORDS = (EVERYWHERE, ".", NOBODY)


def is_namespace(text: str) -> bool:
    """Whether a namespace can have this name."""
    return bool(_NAMESPACE.fullmatch(text))


def exported_to(words: Iterable[str], namespace: str) -> tuple[str, ...]:
    """The namespaces that see the object: `.` is its own, `*` all, `~` none; without the field,
    all."""
    entries = [name.strip() for name in words if name.strip()]
    if not entries or EVERYWHERE in entries:
        return (EVERYWHERE,)
    names = {namespace if name == "." else name for name in entries if name != NOBODY}
    return tuple(sorted(names))


def read_export_to(spec: Fields, namespace: str, hidden: bool = False) -> tuple[str, ...]:
    """`exportTo` of a spec, with what Istio refuses in it reported; `hidden` may be said by a kind
    of which nobody's view is a meaning."""
    values = spec.strings("exportTo")
    seen: set[str] = set()
    for at, value in enumerate(values):
        meant = namespace if value == "." else value
        if value == NOBODY and not hidden:
            _tell(spec, at, value, "which is valid only in a ServiceEntry", "it has no effect")
        elif value not in _WORDS and not _NAMESPACE.fullmatch(value):
            _tell(spec, at, value, "which is not a valid namespace", "it names no namespace")
        elif meant in seen:
            _tell(spec, at, value, "which is already listed", "it changes nothing")
        seen.add(meant)
    if len(values) > 1 and EVERYWHERE in values:
        _tell_mixed(spec, EVERYWHERE, "all namespaces see it")
    elif len(values) > 1 and NOBODY in values:
        _tell_mixed(spec, NOBODY, "the namespaces named beside it see it")
    elif hidden and values == (NOBODY,):
        _tell_hidden(spec)
    readable = (value for value in values if value in _WORDS or _NAMESPACE.fullmatch(value))
    return exported_to(readable, namespace)


def _tell(spec: Fields, at: int, value: str, why: str, effect: str) -> None:
    spec.report(
        f"{dotted((*spec.path, 'exportTo', at))} is {quoted(value)}, {why}",
        effect,
        'Name each namespace once, or write "." for the object\'s own, "*" for all',
        field=("exportTo", at),
    )


def _tell_mixed(spec: Fields, value: str, effect: str) -> None:
    spec.report(
        f"{dotted((*spec.path, 'exportTo'))} has {quoted(value)} beside others",
        effect,
        f"Keep {quoted(value)}, or the others",
        field="exportTo",
    )


def _tell_hidden(spec: Fields) -> None:
    spec.report(
        f"{dotted((*spec.path, 'exportTo'))} is {quoted(NOBODY)}",
        "no workload sees it: calls to its hosts go where they would go without it",
        'Write "." for its own namespace, or remove the object',
        field="exportTo",
        severity=Severity.WARNING,
        code="no-effect",
    )

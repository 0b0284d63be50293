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
    """The namespaces that see the object: `.` is its own, `*` all, `~` nobody; none said is all."""
    said = [word.strip() for word in words if word.strip()]
    if not said or EVERYWHERE in said:
        return (EVERYWHERE,)
    names = {namespace if word == "." else word for word in said if word != NOBODY}
    return tuple(sorted(names))


def read_export_to(spec: Fields, namespace: str, hidden: bool = False) -> tuple[str, ...]:
    """`exportTo` of a spec, with what Istio refuses in it told; `hidden` may be said by a kind
    of which nobody's view is a meaning."""
    said = spec.strings("exportTo")
    seen: set[str] = set()
    for at, word in enumerate(said):
        meant = namespace if word == "." else word
        if word == NOBODY and not hidden:
            _tell(spec, at, word, "which is valid only in a ServiceEntry", "it has no effect")
        elif word not in _WORDS and not _NAMESPACE.fullmatch(word):
            _tell(spec, at, word, "which is not a valid namespace", "it names no namespace")
        elif meant in seen:
            _tell(spec, at, word, "which is already listed", "it changes nothing")
        seen.add(meant)
    if len(said) > 1 and EVERYWHERE in said:
        _tell_mixed(spec, EVERYWHERE, "all namespaces see it")
    elif len(said) > 1 and NOBODY in said:
        _tell_mixed(spec, NOBODY, "the namespaces named beside it see it")
    elif hidden and said == (NOBODY,):
        _tell_hidden(spec)
    readable = (word for word in said if word in _WORDS or _NAMESPACE.fullmatch(word))
    return exported_to(readable, namespace)


def _tell(spec: Fields, at: int, word: str, why: str, effect: str) -> None:
    spec.report(
        f"{dotted((*spec.path, 'exportTo', at))} is {quoted(word)}, {why}",
        effect,
        'Name each namespace once, or write "." for the object\'s own, "*" for all',
        field=("exportTo", at),
    )


def _tell_mixed(spec: Fields, word: str, effect: str) -> None:
    spec.report(
        f"{dotted((*spec.path, 'exportTo'))} has {quoted(word)} beside others",
        effect,
        f"Keep {quoted(word)}, or the others",
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

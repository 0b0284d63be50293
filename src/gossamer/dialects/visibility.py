"""`exportTo`: who may see an object, in the words that Istio gave to it."""

from __future__ import annotations

from collections.abc import Iterable

from gossamer.model.ids import EVERYWHERE


def exported_to(words: Iterable[str], namespace: str) -> tuple[str, ...]:
    """The namespaces that see the object: `.` is its own, `*` all, `~` nobody; none said is all."""
    said = [word.strip() for word in words if word.strip()]
    if not said or EVERYWHERE in said:
        return (EVERYWHERE,)
    names = {namespace if word == "." else word for word in said if word != "~"}
    return tuple(sorted(names))

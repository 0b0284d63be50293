"""Rego policies, as ConfigMaps hold them: files that end in `.rego`, and data beside them."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.origin import ObjectRef


@dataclass(frozen=True, slots=True)
class RegoModules:
    """One ConfigMap's Rego: texts by file name in their order, and `data` as JSON ("" for none)."""

    object: ObjectRef
    namespace: str
    name: str
    modules: tuple[tuple[str, str], ...]
    data: str = ""

"""Rego policies, as ConfigMaps hold them: files that end in `.rego`, and data beside them."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.origin import ObjectRef

_TESTS = "_test.rego"


@dataclass(frozen=True, slots=True)
class RegoModules:
    """One ConfigMap's Rego: texts by file name in their order, and `data` as JSON ("" for none)."""

    object: ObjectRef
    namespace: str
    name: str
    modules: tuple[tuple[str, str], ...]
    data: str = ""

    @property
    def deciding(self) -> dict[str, str]:
        """The modules by which calls are decided: those that are no tests, which are pushed
        nowhere."""
        return {name: text for name, text in self.modules if not name.endswith(_TESTS)}

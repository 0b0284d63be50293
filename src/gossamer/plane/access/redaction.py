"""Taking other tenants' names out of what a tenant is told.

A finding on its own object, or the explanation of its own call, may name an object, a host or a
file of a namespace that the reader may not see. The place of the name stays, the name goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from gossamer.model.ids import CLUSTER_DOMAIN

T = TypeVar("T", bound=msgspec.Struct)

_DOMAIN = re.escape(CLUSTER_DOMAIN)

HIDDEN = "(another namespace's)"


class Redaction:
    """What one reader may not be told by name."""

    def __init__(self, hidden: Iterable[str], may_call: Callable[[str], bool]) -> None:
        """`hidden` are namespaces; `may_call` says whether the reader may know a host of them."""
        self._may_call = may_call
        names = "|".join(sorted(map(re.escape, hidden), key=len, reverse=True))
        self._pattern = (
            re.compile(
                rf"(?<![\w./-])(?:(?P<host>(?:[\w*-]+\.)*(?:{names})\.svc\.{_DOMAIN})"
                rf"|(?:{names})/[\w.*:/-]+)(?![\w/-])"
            )
            if names
            else None
        )

    def text(self, text: str) -> str:
        """The text without hidden names."""
        return self._pattern.sub(self._replaced, text) if self._pattern else text

    def hides(self, text: str) -> bool:
        """Whether something in it is hidden."""
        return self.text(text) != text

    def _replaced(self, match: re.Match[str]) -> str:
        host = match["host"]
        if host is not None and self._may_call(host):
            return host
        return HIDDEN

    def shape(self, shape: T) -> T:
        """An answer whose words its reader may know; places in hidden objects are left out."""
        return msgspec.convert(self._value(msgspec.to_builtins(shape)), type(shape))

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(each) for each in value]
        if not isinstance(value, dict):
            return value
        known = {self.text(key): self._value(inside) for key, inside in value.items()}
        if isinstance(value.get("object"), str) and self.hides(value["object"]):
            known |= {key: None for key in ("file", "line", "field") if key in value}
        return known

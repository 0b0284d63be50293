"""Which values of an object are shown to nobody but those who may write it."""

from __future__ import annotations

from typing import Any

from gossamer.manifests.secrecy import MASK, is_private_field, is_secret_kind

_OPEN = ("metadata", "apiVersion", "kind", "type", "immutable")
"""What a Secret holds beside its secrets."""


def is_hidden(field: str, top: str, secret: bool) -> bool:
    """Whether the value of a field is a secret; `top` is the first word of it, `secret` whether
    it is of a Secret."""
    return is_private_field(field) or (secret and top not in _OPEN)


def masked(kind: str, body: Any) -> Any:
    """An object's body with `***` for each secret value."""
    secret = is_secret_kind(kind)
    return {key: _mask(key, inside, secret, key) for key, inside in body.items()}


def _mask(top: str, value: Any, secret: bool, field: str) -> Any:
    if isinstance(value, dict):
        return {k: _mask(top, inside, secret, f"{field}.{k}") for k, inside in value.items()}
    if isinstance(value, list):
        return [_mask(top, each, secret, f"{field}[{at}]") for at, each in enumerate(value)]
    return MASK if value is not None and is_hidden(field, top, secret) else value

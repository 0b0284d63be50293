"""JSON from another process as a typed value, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")


class WrongShape(ValueError):
    """Another process sent what was not agreed on; the text names the field."""


class Nothing(Struct, frozen=True):
    """An answer that says nothing but that it was done."""


def of_shape(given: Any, shape: type[T]) -> T:
    """The value as this type; fields that it does not know are passed over.

    Numbers may come as text. Raises WrongShape.
    """
    try:
        return msgspec.convert(given, shape, strict=False)
    except msgspec.ValidationError as error:
        raise WrongShape(str(error)) from error


def as_words(value: Struct) -> Mapping[str, Any]:
    """The value as JSON has it, fields in their order."""
    words: Mapping[str, Any] = msgspec.to_builtins(value)
    return words

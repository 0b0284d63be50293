"""Why something failed, in words for whoever waits for it."""

from __future__ import annotations


def reason_of(error: BaseException) -> str:
    """The first real reason in a group of failures."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__

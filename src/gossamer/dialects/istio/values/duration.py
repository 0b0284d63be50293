"""Durations of Istio's own kinds, which are told in whole milliseconds."""

from __future__ import annotations

from datetime import timedelta

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted

_FINEST = timedelta(milliseconds=1)


def read_duration(stanza: Fields, name: str, *, required: bool = False) -> timedelta | None:
    """A duration; one that no whole number of milliseconds tells is reported. 0 passes.

    Istio's webhook refuses zero in most fields too. It stays allowed here where it means that
    nothing is bounded, as in `timeout: 0s`, which is written so in many places.
    """
    duration = stanza.duration(name, required=required)
    if duration is not None and (
        duration % _FINEST or _rounds_to_zero(duration, stanza.value(name))
    ):
        _tell(stanza, name)
    return duration


def _rounds_to_zero(duration: timedelta, text: object) -> bool:
    """Whether it is less than a microsecond, as `100ns` is, and not zero."""
    return not duration and any(digit in str(text) for digit in "123456789")


def _tell(stanza: Fields, name: str) -> None:
    stanza.report(
        f"{dotted((*stanza.path, name))} is {quoted(str(stanza.value(name)))}, which is not a "
        "whole number of milliseconds",
        "Istio refuses it",
        "Write whole milliseconds, at least 1ms",
        field=name,
        code="out-of-range",
    )

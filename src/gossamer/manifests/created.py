"""`metadata.creationTimestamp`: when an object was first made, as the cluster it came from says.

It decides between objects that claim the same thing: the older holds. Source: Kubernetes' `Time`,
RFC 3339 with or without fractions of a second.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import quoted
from gossamer.model.finding import Severity

_FIELD = "creationTimestamp"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


def read_created(metadata: Fields) -> int | None:
    """Microseconds since 1970, None where nothing is set; what is not a time is reported."""
    value = metadata.value(_FIELD)
    if value is None:
        return None
    moment = _moment(value) if isinstance(value, str) else None
    if moment is None:
        metadata.report(
            f"metadata.{_FIELD} is {quoted(value)}, which is not a time",
            "the object counts as created when it is first applied",
            "Write one such as 2026-01-31T12:00:00Z, or remove the field",
            field=_FIELD,
            severity=Severity.WARNING,
        )
    return moment


def microseconds(moment: datetime) -> int:
    """The moment as objects are compared by."""
    return (moment - _EPOCH) // _MICROSECOND


def _moment(text: str) -> int | None:
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return microseconds(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):  # a thirteenth month, a year 0
        return None

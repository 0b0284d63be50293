"""The forms of words that Gateway API's schema prescribes: hosts, names, durations, controllers.

What breaks one is refused by the API server; here it is reported, and read as far as it can be.
"""

from __future__ import annotations

import re
from datetime import timedelta

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Path, dotted, quoted
from gossamer.model.finding import Severity

_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_PART}(\.{_PART})*")
_HOST = re.compile(rf"(\*\.)?{_PART}(\.{_PART})*")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_CONTROLLER = re.compile(rf"{_PART}(\.{_PART})*/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+")
_DURATION = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")
_LONGEST = 253
_REFUSED = "the API server refuses the object"


def check_name(fields: Fields, field: str) -> None:
    """Report the name of a listener, a section or a rule that is not a DNS name."""
    text = fields.string(field, "")
    if fields.has(field) and not _fits(_NAME, text):
        remedy = "Use lower-case letters, digits, - and . only"
        _tell(fields, field, text, "a valid name", remedy, "invalid-name")


def check_namespace(fields: Fields) -> None:
    """Report the namespace of a reference that cannot be one."""
    text = fields.string("namespace", "")
    if text and (len(text) > 63 or not re.fullmatch(_PART, text)):
        remedy = "Use lower-case letters, digits and - only, at most 63 of them"
        _tell(fields, "namespace", text, "a valid namespace", remedy, "invalid-name")


def check_host(fields: Fields, field: str | Path, text: str) -> None:
    """Report a host that is written as only other dialects allow: `*` alone, capitals, `_`."""
    if _ADDRESS.fullmatch(text):
        _tell_address(fields, field, text)
    elif not _fits(_HOST, text):
        remedy = "Write it in lower case, without a port; for all hosts leave the field out"
        _tell(fields, field, text, "a valid host here", remedy, "invalid-host")


def _tell_address(fields: Fields, field: str | Path, text: str) -> None:
    step = field if isinstance(field, tuple) else (field,)
    fields.report(
        f"{dotted((*fields.path, *step))} is {text}, an address, which the specification forbids",
        "only requests with that address as their host match it",
        "Write the name under which it is called, or leave it out for all hosts",
        field=step,
        severity=Severity.WARNING,
        code="invalid-host",
    )


def check_controller(fields: Fields, field: str) -> None:
    """Report a controller's name that does not begin with a domain."""
    text = fields.string(field, required=True) or ""
    if text and not _fits(_CONTROLLER, text):
        remedy = "Write DOMAIN/NAME, such as example.com/gateway-controller"
        _tell(fields, field, text, "a domain and a path", remedy, "invalid-name")


def read_duration(fields: Fields, field: str) -> timedelta | None:
    """A duration; one that Go reads and Gateway API does not, such as 1.5s, is reported."""
    duration = fields.duration(field)
    text = fields.value(field)
    if duration is not None and not _DURATION.fullmatch(str(text)):
        remedy = "Write whole numbers with h, m, s or ms, such as 1s500ms"
        _tell(fields, field, str(text), "a duration of Gateway API", remedy, "out-of-range")
    return duration


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= _LONGEST and bool(pattern.fullmatch(text))


def _tell(
    fields: Fields, field: str | Path, text: str, wanted: str, remedy: str, code: str
) -> None:
    step = field if isinstance(field, tuple) else (field,)
    fields.report(
        f"{dotted((*fields.path, *step))} is {quoted(text)}, which is not {wanted}",
        _REFUSED,
        remedy,
        field=step,
        code=code,
    )

"""Which texts may be hosts: names and addresses that Envoy takes as a domain."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gossamer.contract.addresses import is_address
from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity

_PARTIAL = re.compile(r"^\*-?")
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?")


def is_host(text: str) -> bool:
    """Whether this can be the host of a request: a DNS name or an address."""
    return len(text) <= 253 and bool(_NAME.fullmatch(text) or is_address(text))


def is_pattern(text: str) -> bool:
    """Whether this is a host, `*`, or `*` before the rest of a name: `*.a`, `*a.b`, `*-a.b`."""
    rest = text.removeprefix("*.") if text.startswith("*.") else _PARTIAL.sub("", text)
    return text == "*" or is_host(rest)


def is_partial(text: str) -> bool:
    """Whether `*` stands for a part of a label only, as in `*-api.example.com`."""
    return text.startswith("*") and text[1:2] not in ("", ".")


def check_hosts(fields: Cursor, name: str, hosts: Iterable[str]) -> None:
    """Report each item of the list field `name` that is neither host nor pattern."""
    for at, host in enumerate(hosts):
        if not is_pattern(host):
            tell_bad_host(fields, (name, at), host)


Field = tuple[str | int, ...] | str


def tell_bad_address(fields: Cursor, field: Field, text: str, wanted: str = "an address") -> None:
    """The finding about a text that is no IP address where only one will do."""
    remedy = "Write an IPv4 or IPv6 address, not a name"
    _tell(fields, field, f"{quoted(text)}, which is not {wanted}", remedy, "invalid-address")


def tell_bad_host(fields: Cursor, field: Field, host: str) -> None:
    """The finding about a text that cannot be a host."""
    remedy = "Write a DNS name, an address, or *. before a name, with no port and no scheme"
    _tell(fields, field, f"{quoted(host)}, which is not a valid host", remedy, "invalid-host")


def tell_partial(fields: Cursor, field: Field, host: str) -> None:
    """The warning about a wildcard that stands for a part of a label, which we do not follow."""
    step = field if isinstance(field, tuple) else (field,)
    fields.report(
        f"{dotted((*fields.path, *step))} is {quoted(host)}; a * for a part of a label is not "
        "supported yet inside the mesh",
        "calls of the mesh to such hosts do not use this object",
        "Name each host, or write *. before a whole domain",
        field=step,
        severity=Severity.WARNING,
        code="unsupported-field",
    )


def _tell(fields: Cursor, field: Field, what: str, remedy: str, code: str) -> None:
    step = field if isinstance(field, tuple) else (field,)
    fields.report(
        f"{dotted((*fields.path, *step))} is {what}",
        "it cannot be called, so it is not used",
        remedy,
        field=step,
        code=code,
    )

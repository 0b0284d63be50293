"""What the API server refuses of a Gateway, beyond what a single field says."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted

_REFUSED = "the API server refuses the Gateway"
_BYTES = ("TCP", "UDP")
"""Protocols of listeners that see no host, and are not asked for one."""


def check_addresses(spec: Fields) -> None:
    """Report an address that is asked for twice."""
    seen: set[tuple[str, str]] = set()
    for item in spec.each("addresses"):
        kind, value = item.string("type", "IPAddress"), item.string("value", "")
        if value and (kind, value) in seen:
            item.report(
                f"{dotted((*item.path, 'value'))} is {quoted(value)}, which is asked for "
                "above it already",
                f"{_REFUSED}; here it is reached at the address of its pods",
                "Keep one of the two",
                field="value",
                code="duplicate-name",
            )
        seen.add((kind, value))


def check_bytes(item: Fields, protocol: str | None) -> None:
    """Report a host or TLS at a listener whose protocol has neither."""
    for name in ("hostname", "tls"):
        if protocol in _BYTES and item.has(name):
            item.report(
                f"{dotted((*item.path, name))} is set on a listener of {protocol}",
                f"{_REFUSED}; this listener is not opened",
                f"Remove {name}, or use HTTP, HTTPS or TLS",
                field=name,
            )

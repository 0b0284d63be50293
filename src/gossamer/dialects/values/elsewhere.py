"""A redirect must lead elsewhere: one that changes nothing sends the client round for ever."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted


def check_elsewhere(stanza: Fields, changes: tuple[str, ...]) -> None:
    """Report a redirect that sets none of the fields which change the address."""
    if not any(stanza.has(name) and stanza.value(name) != "" for name in changes):
        stanza.report(
            f"{dotted(stanza.path)} does not change the request's address",
            "clients would be redirected to the same address in an endless loop",
            f"Set one of {', '.join(changes)}",
            code="missing-field",
        )

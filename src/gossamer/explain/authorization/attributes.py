"""What an authorization filter sees of a call, and what of it is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gossamer.explain.authorization.truth import Unknown
from gossamer.explain.route.request import ExplainedRequest

Address = str | Unknown
Metadata = Mapping[str, Mapping[str, object] | Unknown]

ANY_HEADER = "*"
"""In `unknown` of CallAttributes: no header is known, but those that are given."""

_CALLER, _CLIENT = Unknown("the caller's address"), Unknown("the client's address")
_CALLED = Unknown("the address that is called")


@dataclass(frozen=True, slots=True)
class CallAttributes:
    """One call as it is seen where it arrives.

    `peer` holds the names in the caller's certificate, None where the call comes without mutual
    TLS. `request` is None for a connection of bytes. `unknown` names the headers (and `:path`,
    `:method`, `:authority`) of which nothing is known, whatever `request` says. `metadata` is what
    other filters have told of the request, by their names.
    """

    port: int
    peer: tuple[str, ...] | Unknown | None = None
    direct_ip: Address = _CALLER
    remote_ip: Address = _CLIENT
    destination_ip: Address = _CALLED
    server_name: str | Unknown = ""
    request: ExplainedRequest | None = None
    unknown: frozenset[str] = frozenset()
    metadata: Metadata | Unknown = field(default_factory=dict)

    def header(self, name: str) -> str | Unknown | None:
        """All values of a header in one; None where it is not there, or nothing is a request."""
        if self.request is None:
            return None
        asked = ":authority" if name == "host" else name
        value = self.request.header(asked)
        if asked in self.unknown or (value is None and ANY_HEADER in self.unknown):
            return Unknown(_WORDS.get(asked, f"the header {asked}"))
        return value

    def with_metadata(self, name: str, values: Mapping[str, object]) -> CallAttributes:
        """The call after a filter of that name has told something of it."""
        if isinstance(self.metadata, Unknown):
            return self
        former = self.metadata.get(name, {})
        if isinstance(former, Unknown):
            return self
        return replace(self, metadata={**self.metadata, name: {**former, **values}})


_WORDS = {
    ":path": "the path",
    ":method": "the method",
    ":authority": "the Host header",
}

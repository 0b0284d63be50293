"""A request inside a proxy: its headers as pairs, and how Envoy reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExplainedRequest:
    """A request on its way. Names in `headers` are lower case; `path` holds the query.

    `claims` are those of its valid token, where one was checked.
    """

    method: str
    scheme: str
    authority: str
    path: str
    headers: Pairs = ()
    claims: Mapping[str, object] = field(default_factory=dict)

    @property
    def bare_path(self) -> str:
        """The path without its query, which is what routes compare."""
        return self.path.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark, "" where there is none."""
        return self.path.partition("?")[2]

    def header(self, name: str) -> str | None:
        """All values of a header in one, as Envoy compares them; None where it is not there."""
        own = {
            ":method": self.method,
            ":scheme": self.scheme,
            ":authority": self.authority,
            "host": self.authority,
            ":path": self.path,
        }
        if name in own:
            return own[name]
        values = [value for key, value in self.headers if key == name]
        return ",".join(values) if values else None

    def first(self, name: str) -> str | None:
        """The first value of a header, which is what formats print; None where there is none."""
        if name.startswith(":") or name == "host":
            return self.header(name)
        return next((value for key, value in self.headers if key == name), None)

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter, undecoded; None where it is not there."""
        for part in self.query.split("&"):
            key, _, value = part.partition("=")
            if key == name and part:
                return value
        return None

    def with_headers(self, headers: Pairs) -> ExplainedRequest:
        """The same request with other headers."""
        return replace(self, headers=headers)

    @property
    def is_grpc(self) -> bool:
        """Whether a proxy's own answers take gRPC's form."""
        kind = self.header("content-type") or ""
        return kind == "application/grpc" or kind.startswith("application/grpc+")

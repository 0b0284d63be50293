"""A response being put together, and one on its way: what of it is held against its answer."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.xds.frame import Resource
from gossamer.xds.stream.batch import Batch


class ResponseDraft:
    """A response being put together: resource name to (key, resource), removed name to key."""

    __slots__ = ("batch", "removed", "resources")

    def __init__(self, batch: Batch | None = None) -> None:
        self.batch = batch
        self.resources: dict[str, tuple[str, Resource]] = {}
        self.removed: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Sent:
    """One name of a response in flight: what was asked, what went, what was held before."""

    key: str
    version: str
    before: str | None


@dataclass(frozen=True, slots=True)
class Flight:
    """A response that awaits its answer: what went by name, and what went joined."""

    sent: dict[str, Sent]
    batch: Batch | None

    def each(self) -> dict[str, Sent]:
        """All of it by name. What goes joined goes to a client that held nothing."""
        joined = self.batch.versions if self.batch else {}
        return {n: Sent(n, version, None) for n, version in joined.items()} | self.sent

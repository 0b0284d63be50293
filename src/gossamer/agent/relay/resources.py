"""What the relay knows for one proxy: the plane's last good word, and stand-ins without it.

Four answers to "what is behind this name": the resource, a stand-in while the plane is away,
"nothing" when the plane said so, and "undecided" before any answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from gossamer.xds.events import UNDECIDED, Answer, Undecided
from gossamer.xds.frame import ABSENT, Resource


class RelayCache:
    """One proxy's resources by type and name."""

    def __init__(self, resources: Mapping[str, Mapping[str, Resource]]) -> None:
        """Start with what was on disk; if that is anything, every type was known once."""
        self._resources = {type_url: dict(named) for type_url, named in resources.items()}
        self._nothing: dict[str, set[str]] = {}
        self._stand_ins: dict[str, dict[str, Resource | None]] = {}
        self._alias: dict[tuple[str, str], str] = {}
        self._answered: set[str] = set()
        self._from_disk = any(self._resources.values())
        for type_url, named in self._resources.items():
            self._index(type_url, named.values())

    def get(self, type_url: str, name: str) -> Answer:
        """The answer for a name or alias."""
        known = self.known(type_url, name)
        if known is not None:
            return known
        stand_ins = self._stand_ins.get(type_url, {})
        if name in stand_ins:
            return stand_ins[name]
        return None if name in self._nothing.get(type_url, ()) else UNDECIDED

    def known(self, type_url: str, name: str) -> Resource | None:
        """The plane's own resource behind a name or alias, if there is one."""
        named = self._resources.get(type_url, {})
        return named.get(name) or named.get(self._alias.get((type_url, name), ""))

    def wildcard(self, type_url: str) -> Collection[str] | Undecided:
        """Every name the proxy has; undecided until the plane or the disk told of the type."""
        if not self._from_disk and type_url not in self._answered:
            return UNDECIDED
        return self._resources.get(type_url, {}).keys()

    def versions(self, type_url: str) -> dict[str, str]:
        """Name to version of what the plane told of a type, as a reconnecting client says it."""
        absent = dict.fromkeys(self._nothing.get(type_url, ()), ABSENT)
        named = self._resources.get(type_url, {})
        return absent | {name: resource.version for name, resource in named.items()}

    def answered(self, type_url: str) -> bool:
        """Note that the plane has spoken of this type; whether it is the first time."""
        first = type_url not in self._answered
        self._answered.add(type_url)
        return first

    def put(self, type_url: str, resource: Resource) -> Resource | None:
        """Take a resource in; what was there before."""
        before = self.known(type_url, resource.name)
        self._resources.setdefault(type_url, {})[resource.name] = resource
        self._index(type_url, [resource])
        for name in (resource.name, *resource.aliases):
            self._nothing.get(type_url, set()).discard(name)
            self._stand_ins.get(type_url, {}).pop(name, None)
        return before

    def drop(self, type_url: str, name: str) -> Resource | None:
        """The plane says that there is nothing by this name; what was there before."""
        before = self._resources.get(type_url, {}).pop(name, None)
        self._nothing.setdefault(type_url, set()).add(name)
        self._stand_ins.get(type_url, {}).pop(name, None)
        return before

    def forget(self, type_url: str, name: str) -> None:
        """Know nothing of this name any more."""
        self._resources.get(type_url, {}).pop(name, None)
        self._nothing.get(type_url, set()).discard(name)

    def stand_in(self, type_url: str, name: str, resource: Resource | None) -> None:
        """Answer for the plane until it does."""
        self._stand_ins.setdefault(type_url, {})[name] = resource

    def _index(self, type_url: str, resources: Iterable[Resource]) -> None:
        for resource in resources:
            for alias in resource.aliases:
                if alias != resource.name:
                    self._alias[type_url, alias] = resource.name

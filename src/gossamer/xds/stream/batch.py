"""Resources that many clients get alike, joined once and shared by all who hold them.

A thousand clients that ask for the same thousand names would otherwise cost a million decisions,
and as many entries of memory to remember what each of them holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, MutableSet
from dataclasses import dataclass, field

from gossamer.xds.frame import Resource, join_response

BATCH_AT_LEAST = 64
"""Names in one request from which a batch is worth its keeping."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Ready frames in a row, under the resources' own names; `needs` are names by type URL."""

    resources: tuple[Resource, ...]
    frames: bytes = field(repr=False)
    versions: Mapping[str, str] = field(repr=False)
    names: frozenset[str] = field(repr=False)
    needs: Mapping[str, tuple[str, ...]] = field(repr=False)
    _messages: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)

    def message(self, type_url: str, nonce: str) -> bytes:
        """The response that holds these alone; the latest is kept, for most get the same."""
        message = self._messages.get((type_url, nonce))
        if message is None:
            message = join_response(type_url, nonce, (), (), self.frames)
            self._messages.clear()
            self._messages[type_url, nonce] = message
        return message


def batch_of(resources: Iterable[Resource]) -> Batch:
    """A batch of these, in their order."""
    row = tuple(resources)
    versions = {resource.name: resource.version for resource in row}
    needs: dict[str, dict[str, None]] = {}
    for resource in row:
        for type_url, name in resource.needs:
            needs.setdefault(type_url, {})[name] = None
    return Batch(
        row,
        b"".join(resource.frame for resource in row),
        versions,
        frozenset(versions),
        {type_url: tuple(names) for type_url, names in needs.items()},
    )


class SharedMap(MutableMapping[str, str]):
    """A mapping that starts as one which others share, and keeps its differences to itself."""

    __slots__ = ("_base", "_gone", "_own")

    def __init__(self) -> None:
        self._base: Mapping[str, str] = {}
        self._own: dict[str, str] = {}
        self._gone: set[str] = set()

    def rest_on(self, base: Mapping[str, str]) -> None:
        """Take all of `base` in, which nobody will ever change. Only while nothing is held."""
        self._base = base

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The value, or the default."""
        own = self._own.get(key)
        if own is not None:
            return own
        return default if key in self._gone else self._base.get(key, default)

    def __getitem__(self, key: str) -> str:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: str) -> None:
        self._own[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._own.pop(key, None)
        if key in self._base:
            self._gone.add(key)

    def pop(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Take a value out."""
        value = self.get(key)
        if value is None:
            return default
        del self[key]
        return value

    def __contains__(self, key: object) -> bool:
        return key in self._own or (key in self._base and key not in self._gone)

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (k for k in self._base if k not in self._own and k not in self._gone)

    def lacking(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are not in it, in their order."""
        own, base, gone = self._own, self._base, self._gone
        return [n for n in names if n not in own and (n not in base or n in gone)]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return bool(self._own) or len(self._base) > len(self._gone)


class SharedSet(MutableSet[str]):
    """A set of that sort."""

    __slots__ = ("_base", "_gone", "_own")

    def __init__(self) -> None:
        self._base: frozenset[str] = frozenset()
        self._own: set[str] = set()
        self._gone: set[str] = set()

    def rest_on(self, base: frozenset[str]) -> None:
        """Take all of `base` in. Only while the set is empty."""
        self._base = base

    def add(self, value: str) -> None:
        """Put a name in."""
        self._gone.discard(value)
        if value not in self._base:
            self._own.add(value)

    def discard(self, value: str) -> None:
        """Take a name out."""
        self._own.discard(value)
        if value in self._base:
            self._gone.add(value)

    def __contains__(self, value: object) -> bool:
        return value in self._own or (value in self._base and value not in self._gone)

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (value for value in self._base if value not in self._gone)

    def __len__(self) -> int:
        return len(self._own) + len(self._base) - len(self._gone)

    def update(self, values: Iterable[str]) -> None:
        """Put several in."""
        for value in values:
            self.add(value)

"""The cursor by which a dialect reads one manifest: typed access that collects findings.

    findings: list[Finding] = []
    with Fields(manifest, ("spec",), findings) as spec:
        hosts = spec.strings("hosts", required=True)         # tuple[str, ...]
        for http in spec.each("http"):                       # Fields at spec.http[0], [1], …
            timeout = http.duration("timeout")               # timedelta | None
            attempts = http.child("retries").integer("attempts", 2, low=0)     # int
            for name, match in http.entries("headers"):      # a mapping of objects
                kind = match.variant("exact", "prefix", "regex")               # which is set
            mode = http.one_of("mode", {"STRICT": Mode.STRICT}, Mode.PERMISSIVE)
            if fault := http.child("fault"):                 # true when the field is there
                ...
            http.unsupported("corsPolicy", effect="requests get no CORS headers")
            if weight > 100:
                http.report("weight is over 100", "the route is ignored", "…", field="weight")
            extra = http.optional()                          # a second cursor at the same place
            fault = read_fault(extra)                        # its errors leave out a part alone
            if http.failed:                                  # an error that decides was reported
                continue
    # leaving the `with` reports every field that was not read, here and in all children

A value of the wrong type is reported with its line and treated as absent; null is absent.
A default as the second argument takes the None out of the result. Reading the same child
twice gives the same cursor. What stays unread on purpose is named by `skip` or `unsupported`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from datetime import timedelta
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar, overload

from gossamer.manifests import expect
from gossamer.manifests.cursor import Cursor
from gossamer.manifests.manifest import NOTHING, Path

T = TypeVar("T")
Words: TypeAlias = Set[str] | tuple[str, ...]


class Fields(Cursor):
    """Typed reading of one mapping; see the module for its use."""

    __slots__ = ()

    def __enter__(self) -> Fields:
        return self

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is None:
            self.unknown()

    def value(self, name: str) -> Any:
        """The field as it is, of any type, counted as read with all that is in it."""
        self._known.add(name)
        return self._present.get(name)

    @overload
    def string(self, name: str, default: None = None, *, required: bool = ...) -> str | None: ...
    @overload
    def string(self, name: str, default: str) -> str: ...
    def string(
        self, name: str, default: str | None = None, *, required: bool = False
    ) -> str | None:
        """A string; an empty one counts as absent where it is required."""
        value = self._take(name, expect.STRING, required)
        if value == "" and required:
            self._tell_missing(name)
            return None
        return default if value is None else value

    @overload
    def integer(
        self,
        name: str,
        default: None = None,
        *,
        low: int | None = ...,
        high: int | None = ...,
        required: bool = ...,
    ) -> int | None: ...
    @overload
    def integer(
        self, name: str, default: int, *, low: int | None = ..., high: int | None = ...
    ) -> int: ...
    def integer(
        self,
        name: str,
        default: int | None = None,
        *,
        low: int | None = None,
        high: int | None = None,
        required: bool = False,
    ) -> int | None:
        """A whole number from `low` to `high`."""
        value = self._take(name, expect.INTEGER, required)
        if value is None or not self._within(name, value, low, high):
            return default
        return value

    def port(self, name: str, *, required: bool = False) -> int | None:
        """A port number, 1 to 65535."""
        return self.integer(name, low=1, high=65535, required=required)

    @overload
    def number(
        self, name: str, default: None = None, *, low: float | None = ..., high: float | None = ...
    ) -> float | None: ...
    @overload
    def number(
        self, name: str, default: float, *, low: float | None = ..., high: float | None = ...
    ) -> float: ...
    def number(
        self,
        name: str,
        default: float | None = None,
        *,
        low: float | None = None,
        high: float | None = None,
    ) -> float | None:
        """A number, whole or not, from `low` to `high`."""
        value = self._take(name, expect.NUMBER)
        if value is None or not self._within(name, value, low, high):
            return default
        return value

    @overload
    def boolean(self, name: str, default: None = None) -> bool | None: ...
    @overload
    def boolean(self, name: str, default: bool) -> bool: ...
    def boolean(self, name: str, default: bool | None = None) -> bool | None:
        """True or false, in any spelling that Kubernetes takes."""
        value = self._take(name, expect.BOOLEAN)
        return default if value is None else value

    @overload
    def duration(
        self, name: str, default: None = None, *, required: bool = ...
    ) -> timedelta | None: ...
    @overload
    def duration(self, name: str, default: timedelta) -> timedelta: ...
    def duration(
        self, name: str, default: timedelta | None = None, *, required: bool = False
    ) -> timedelta | None:
        """A duration such as 1.5s, 100ms or 1h2m3s; never negative."""
        value = self._take(name, expect.DURATION, required)
        return default if value is None else value

    def integer_or_string(self, name: str, *, required: bool = False) -> int | str | None:
        """A port number or a port's name, as Kubernetes' IntOrString."""
        return self._take(name, expect.INTEGER_OR_STRING, required)

    @overload
    def one_of(
        self, name: str, choices: Mapping[str, T], default: None = None, *, required: bool = ...
    ) -> T | None: ...
    @overload
    def one_of(self, name: str, choices: Mapping[str, T], default: T) -> T: ...
    @overload
    def one_of(
        self, name: str, choices: Words, default: None = None, *, required: bool = ...
    ) -> str | None: ...
    @overload
    def one_of(self, name: str, choices: Words, default: str) -> str: ...
    def one_of(
        self,
        name: str,
        choices: Mapping[str, Any] | Words,
        default: Any = None,
        *,
        required: bool = False,
    ) -> Any:
        """One of the given words; with a mapping, what the word stands for."""
        meanings = (
            choices if isinstance(choices, Mapping) else {choice: choice for choice in choices}
        )
        choice = self._take(name, expect.WORD, required)
        if choice is not None and choice not in meanings:
            self._tell_no_choice(name, choice, meanings)
        return default if choice is None else meanings.get(choice, default)

    def variant(self, *names: str, required: bool = False) -> str | None:
        """Which one of these fields is set; more than one is reported and the first counts."""
        self._known.update(names)
        present = [name for name in names if self.has(name)]
        if len(present) > 1:
            self.report(
                f"{' and '.join(present)} are set together, but only one is allowed",
                f"{present[0]} is used, the rest is ignored",
                f"Keep one of {', '.join(present)}",
                field=present[1],
            )
        if required and not present:
            self.report(
                f"none of {', '.join(names)} is set",
                "the stanza cannot be used without one of them",
                f"Set one of {', '.join(names)}",
                code="missing-field",
            )
        return present[0] if present else None

    def child(self, name: str, *, required: bool = False) -> Fields:
        """The cursor on a mapping inside; false and empty where it is absent."""
        self._known.add(name)
        if required and not self.has(name):
            self._tell_missing(name)
            self._open((name,)).void = True
        return self._open((name,))

    def optional(self) -> Fields:
        """The cursor at this place for what may be left out alone: its errors fail only itself.

        What is read by it and what is read here may come in any order.
        """
        if self._twin is None:
            self._twin = Fields(self.manifest, self.path, self.findings, twin=self)
        assert isinstance(self._twin, Fields)
        return self._twin

    def each(self, name: str, *, required: bool = False) -> Iterator[Fields]:
        """A cursor for each mapping in a list; items of another type are reported, left out."""
        items = self._take(name, expect.SEQUENCE, required) or ()
        for at, item in enumerate(items):
            if self._fit((name, at), item, expect.MAPPING) is not None:
                yield self._open((name, at))

    def entries(self, name: str) -> Iterator[tuple[str, Fields]]:
        """Key and cursor for each mapping in a mapping, such as the headers of a match.

        A null item is no mapping: to pass it over would be to drop a condition.
        """
        for key, item in (self._take(name, expect.MAPPING) or NOTHING).items():
            if self._fit((name, key), item, expect.MAPPING) is not None:
                yield key, self._open((name, key))

    def is_empty(self, name: str) -> bool:
        """Whether a list is absent or has no items; a value of another type is reported
        elsewhere."""
        return self._present.get(name) in (None, ())

    def strings(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of strings, empty when absent; an empty list counts as absent where required."""
        items = self._take(name, expect.SEQUENCE, required) or ()
        if required and not items and self.has(name):
            self._tell_missing(name)
        texts = (self._fit((name, at), item, expect.STRING) for at, item in enumerate(items))
        return tuple(text for text in texts if text is not None)

    def string_map(self, name: str) -> Mapping[str, str]:
        """A mapping of strings to strings, empty when absent; a null value is the empty string."""
        pairs = {}
        for key, item in (self._take(name, expect.MAPPING) or NOTHING).items():
            text = "" if item is None else self._fit((name, key), item, expect.STRING)
            if text is not None:
                pairs[key] = text
        return MappingProxyType(pairs)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A mapping of anything, empty when absent, counted as read with all that is in it."""
        return self._take(name, expect.MAPPING) or NOTHING

    def _open(self, step: Path) -> Fields:
        if step not in self._children:
            beside = self._twin._children.get(step) if self._twin else None
            opened = Fields(self.manifest, self._to(step), self.findings, self, beside)
            self._children[step] = opened
            if beside is not None:
                beside._twin = opened
        child = self._children[step]
        assert isinstance(child, Fields)
        return child

    def _within(self, name: str, value: float, low: float | None, high: float | None) -> bool:
        inside = (low is None or value >= low) and (high is None or value <= high)
        if not inside:
            self._tell_outside(name, value, low, high)
        return inside

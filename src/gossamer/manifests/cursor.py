"""A place in a manifest that remembers what was read and tells authors what is wrong there.

This is the half of `Fields` that speaks: every remark carries the object, the line and the path.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from gossamer.manifests import expect
from gossamer.manifests.expect import Expect
from gossamer.manifests.manifest import NOTHING, Manifest, Path, dotted, quoted
from gossamer.manifests.secrecy import MASK, is_private_field, is_secret_kind
from gossamer.manifests.yaml.scalars import BareWord
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import Origin

T = TypeVar("T")

_ENVELOPE = ("apiVersion", "kind", "metadata", "status")


class Cursor:
    """One mapping of a manifest; false where that mapping is absent.

    `failed` turns true when an error is reported here or in any child. Two cursors may stand at
    one place (`Fields.optional`): each fails for itself, and a field that one has read counts as
    read, a mistake that one has told as told. `void` is true where the
    mapping itself was told to be missing or of another type, so that what it lacks is not told too.
    """

    __slots__ = (
        "_children",
        "_known",
        "_parent",
        "_present",
        "_told",
        "_twin",
        "_values",
        "failed",
        "findings",
        "manifest",
        "path",
        "void",
    )

    def __init__(
        self,
        manifest: Manifest,
        path: Path,
        findings: list[Finding],
        parent: Cursor | None = None,
        twin: Cursor | None = None,
    ) -> None:
        self.manifest, self.path, self.findings = manifest, path, findings
        self.failed = False
        self._parent = parent
        self._children: dict[Path, Cursor] = {}
        self._twin = twin
        self._known: set[str] = twin._known if twin else set() if path else set(_ENVELOPE)
        self._told: set[Path] = twin._told if twin else set()
        self.void: bool = (parent is not None and parent.void) or (twin is not None and twin.void)
        self._values: Mapping[str, Any] | None = self._find()
        self._present: Mapping[str, Any] = NOTHING if self._values is None else self._values

    def __bool__(self) -> bool:
        return self._values is not None

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._present.get(name) is not None

    def names(self) -> tuple[str, ...]:
        """The names of all fields here that are not null."""
        return tuple(name for name, value in self._present.items() if value is not None)

    def line(self, name: str | None = None) -> int | None:
        """The line of a field, or of this mapping."""
        return self.manifest.source.line(self._to(name))

    @property
    def origin(self) -> Origin:
        """The origin of this mapping."""
        return self.manifest.origin(self.path)

    def origin_of(self, name: str) -> Origin:
        """The origin of one of its fields."""
        return self.manifest.origin(self._to(name))

    def report(
        self,
        message: str,
        effect: str,
        remedy: str,
        *,
        field: str | Path | None = None,
        severity: Severity = Severity.ERROR,
        code: str = "invalid-field",
    ) -> None:
        """Tell the author about a field here (by name or relative path), or about this mapping."""
        if not self.void:
            origin = self.manifest.origin(self._to(field))
            self.findings.append(Finding(origin, message, effect, remedy, code, severity))
        if severity is Severity.ERROR:
            self._fail()

    def skip(self, *names: str) -> None:
        """Fields that are known and rightly have no effect on the mesh."""
        self._known.update(names)

    def unsupported(self, *names: str, effect: str = "it has no effect") -> None:
        """Fields of this API that Gossamer does not honour: a warning where one is set."""
        self._known.update(names)
        for name in filter(self.has, names):
            self.report(
                f"{dotted(self._to(name))} is not supported yet",
                effect,
                "Remove it, or accept this effect",
                field=name,
                severity=Severity.WARNING,
                code="unsupported-field",
            )

    def missing(self, name: str) -> None:
        """Tell the author that a field which has to be there is not."""
        self._known.add(name)
        self._tell_missing(name)

    def unknown(self) -> None:
        """Report every field, here and in all children, that was not read."""
        for name in self._present:
            if name not in self._known:
                self._tell_unknown(name)
        for child in self._inside():
            child.unknown()

    def _fail(self) -> None:
        cursor: Cursor | None = self
        while cursor is not None:
            cursor.failed, cursor = True, cursor._parent

    def _inside(self) -> Iterable[Cursor]:
        """The children that were opened here or by the twin, each place once."""
        children = dict(self._children)
        for step, child in (self._twin._children if self._twin else {}).items():
            children.setdefault(step, child)
        return children.values()

    def _find(self) -> Mapping[str, Any] | None:
        value: Any = self.manifest.body
        for step in self.path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                value = None
        if isinstance(value, Mapping):
            return value
        if value is not None and not (self._parent is not None and self._parent.void):
            self._tell_unfit(self.path, value, expect.MAPPING)
            self.void = True
        return None

    def _to(self, field: str | Path | None) -> Path:
        if field is None:
            return self.path
        return (*self.path, *field) if isinstance(field, tuple) else (*self.path, field)

    def _take(self, name: str, wanted: Expect[T], required: bool = False) -> T | None:
        """The field's value if it is there and of the wanted type; otherwise that is reported."""
        self._known.add(name)
        value = self._present.get(name)
        if value is not None:
            return self._fit((name,), value, wanted)
        if required:
            self._tell_missing(name)
        return None

    def _fit(self, step: Path, value: Any, wanted: Expect[T]) -> T | None:
        fitting = wanted.read(value)
        if fitting is None:
            self._tell_unfit(self._to(step), value, wanted)
        elif wanted is expect.STRING and isinstance(value, BareWord):
            self._tell_word(step, value)
        return fitting

    def _tell(self, path: Path, message: str, effect: str, remedy: str, code: str) -> None:
        """An error about an absolute path, told once however often the field is read.

        Each cursor that reads the field fails, whichever came first and told it.
        """
        if path in self._told:
            self._fail()
            return
        self._told.add(path)
        self.report(message, effect, remedy, field=path[len(self.path) :], code=code)

    def _tell_missing(self, name: str) -> None:
        path = self._to(name)
        self._tell(
            path,
            f"{dotted(path)} is missing",
            f"{dotted(self.path) or 'the object'} cannot be used without it",
            f"Set {name}",
            "missing-field",
        )

    def _tell_unfit(self, path: Path, value: Any, wanted: Expect[Any]) -> None:
        self._tell(
            path,
            f"{dotted(path)} is {self._quoted(path, value)}, not {wanted.noun}",
            "the field is treated as absent",
            f"Write {wanted.noun}, such as {wanted.example}",
            "wrong-type",
        )

    def _quoted(self, path: Path, value: Any) -> str:
        """The value as a message shows it, or a mask where it is nobody else's to read."""
        private = is_secret_kind(self.manifest.kind) or is_private_field(dotted(path))
        return MASK if private and not isinstance(value, Mapping | tuple) else quoted(value)

    def _tell_outside(self, name: str, value: float, low: object, high: object) -> None:
        if high is None:
            limits = f"below {low}"
        else:
            limits = f"above {high}" if low is None else f"outside {low} to {high}"
        self._tell(
            self._to(name),
            f"{dotted(self._to(name))} is {value}, {limits}",
            "the field is treated as absent",
            f"Write a value that is not {limits}",
            "out-of-range",
        )

    def _tell_no_choice(self, name: str, value: str, choices: Iterable[str]) -> None:
        known = sorted(choices)
        self._tell(
            self._to(name),
            f"{dotted(self._to(name))} is {quoted(value)}, not one of {', '.join(known)}",
            "the field is treated as absent",
            suggestion(value, known) or f"Write one of {', '.join(known)}",
            "unknown-value",
        )

    def _tell_word(self, step: Path, bare: BareWord) -> None:
        self.report(
            f"{dotted(self._to(step))} is an unquoted {bare}, which Kubernetes reads as a boolean",
            f'Gossamer takes it for the string "{bare}"; Kubernetes refuses the object',
            f'Put it in quotes: "{bare}"',
            field=step,
            severity=Severity.WARNING,
            code="unquoted-word",
        )

    def _tell_unknown(self, name: str) -> None:
        unused = [field for field in self._known if field not in self._present]
        known = ", ".join(sorted(self._known)) or "no fields at all"
        self.report(
            f"unknown field {dotted(self._to(name))}",
            "it is ignored",
            suggestion(name, unused)
            or suggestion(name, self._known - {name}, ", which is set as well")
            or f"Remove it, or check its spelling; known here: {known}",
            field=name,
            severity=Severity.WARNING,
            code="unknown-field",
        )


def suggestion(name: str, known: Iterable[str], beside: str = "") -> str | None:
    """A likely spelling, whatever the case of the letters."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower()[:80], by_lower, n=1)
    return f"Did you mean {by_lower[close[0]]}{beside}?" if close else None

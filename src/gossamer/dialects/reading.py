"""What a reader of one kind is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gossamer.manifests.manifest import Manifest, Path
from gossamer.model.finding import Finding
from gossamer.model.fragment import Contribution, Fragment


@dataclass(frozen=True, slots=True)
class ObjectFragments:
    """What one object says: fragments, and the paths behind names that the reader gave.

    `named` holds entries such as ("route canary.0", ("spec", "http", 0, "match", 0)). Of a
    `refused` object the fragments are what could be read of it: they are looked at, never used;
    and so are those of `fixed`, where parts of an object are left out that others may refer to.
    """

    fragments: tuple[Fragment, ...] = ()
    named: tuple[tuple[str, Path], ...] = ()
    refused: bool = False
    fixed: tuple[Fragment, ...] = ()


NOTHING = ObjectFragments()


@dataclass(frozen=True, slots=True)
class KindReader:
    """How to read one kind, and the fields that explanations point at.

    `read` gives None where the whole object is refused and nothing of it can be read. `points`
    are patterns of paths, see `places`.
    """

    read: Callable[[Manifest, list[Finding]], ObjectFragments | None]
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What became of one manifest.

    No contribution means that this kind is not read or, with an error among the findings,
    that the object is refused as a whole. `readable` is what it would say at least once it is
    fixed, where that is more: its neighbours are checked beside that, and it beside them.
    """

    contribution: Contribution | None
    findings: tuple[Finding, ...] = ()
    readable: Contribution | None = None

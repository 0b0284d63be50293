"""Two cursors at one place: what decides about an object, and what may be left out alone."""

from __future__ import annotations

import pytest

from gossamer.manifests.fields import Fields
from gossamer.manifests.read import read_text
from gossamer.model.finding import Finding

TEXT = """
apiVersion: v1
kind: Thing
metadata: {name: one}
spec: {whole: nonsense, part: {time: nonsense}, extra: 1}
"""


def opened() -> tuple[Fields, list[Finding]]:
    (manifest,), _ = read_text(TEXT.encode(), "mesh.yaml")
    findings: list[Finding] = []
    return Fields(manifest, (), findings).child("spec"), findings


def test_an_error_in_a_part_fails_the_part_alone() -> None:
    """Up to the optional cursor, and not the object."""
    spec, findings = opened()
    spec.optional().child("part").duration("time")
    assert [finding.code for finding in findings] == ["wrong-type"]
    assert (spec.optional().failed, spec.failed) == (True, False)


@pytest.mark.parametrize("first", ["part", "whole"])
def test_the_order_of_reading_says_nothing(first: str) -> None:
    """An error that decides does so wherever it is looked for, and the other never does."""
    spec, _ = opened()
    for name in (first, *({"part", "whole"} - {first})):
        if name == "part":
            spec.optional().child("part").duration("time")
            assert not spec.child("part").failed
        else:
            spec.integer("whole")
    assert (spec.optional().child("part").failed, spec.failed) == (True, True)


def test_a_mistake_is_told_once() -> None:
    """However many cursors come by, and a field that one has read counts as read."""
    spec, findings = opened()
    spec.child("part").duration("time")
    spec.optional().child("part").duration("time")
    spec.integer("whole")
    spec.optional().integer("extra")
    spec.unknown()
    assert len(findings) == 2


def test_what_nobody_read_is_unknown_wherever_it_stands() -> None:
    """Also inside what only the optional cursor has opened."""
    spec, findings = opened()
    spec.optional().child("part")
    spec.skip("whole", "extra")
    spec.unknown()
    assert [finding.origin.field for finding in findings] == ["spec.part.time"]


@pytest.mark.parametrize("optional_first", [True, False])
def test_what_both_read_fails_both_whoever_comes_first(optional_first: bool) -> None:
    """A field that decides does so although the other cursor told its mistake before; told once."""
    spec, findings = opened()
    cursors = [spec.optional(), spec] if optional_first else [spec, spec.optional()]
    for cursor in cursors:
        cursor.integer("whole")
        cursor.child("extra").string("name")
    assert (spec.failed, spec.optional().failed) == (True, True)
    assert spec.child("extra").failed
    assert [finding.origin.field for finding in findings] == ["spec.whole", "spec.extra"]

"""Ages that manifests bring along, and those they do not."""

from __future__ import annotations

import pytest

from gossamer.manifests.read import read_text

OBJECT = "apiVersion: v1\nkind: Namespace\nmetadata: {{name: a, creationTimestamp: {said}}}\n"


def created(said: str) -> tuple[int | None, list[tuple[str, int | None]]]:
    """The age that is read, and the field and line of each finding."""
    (manifest,), findings = read_text(OBJECT.format(said=said).encode(), "a.yaml")
    return manifest.created, [(f.origin.field, f.origin.line) for f in findings]


@pytest.mark.parametrize(
    ("said", "microseconds"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("'1970-01-01T00:00:01.5Z'", 1_500_000),
        ("1970-01-01T02:00:01+02:00", 1_000_000),
        ("1970-01-01t00:00:01.123456789z", 1_123_456),
    ],
)
def test_a_time_is_read_as_kubernetes_writes_it(said: str, microseconds: int) -> None:
    """With or without a fraction, in any zone, quoted or not."""
    assert created(said) == (microseconds, [])


def test_null_is_no_time_and_nothing_to_tell() -> None:
    """Generators write `creationTimestamp: null` into everything."""
    assert created("null") == (None, [])


@pytest.mark.parametrize(
    "said",
    [
        "yesterday",
        "5",
        "2026-13-01T00:00:00Z",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "0000-01-01T00:00:00Z",
        "[]",
    ],
)
def test_what_is_not_a_time_is_told(said: str) -> None:
    """The object is taken without it."""
    assert created(said) == (None, [("metadata.creationTimestamp", 3)])

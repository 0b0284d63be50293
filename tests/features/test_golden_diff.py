"""The goldens' own way of telling what differs."""

from __future__ import annotations

from tests.features.golden import changed


def test_only_what_differs_is_told() -> None:
    """Equal fields are left out, new ones shown, lost ones named."""
    assert changed({"a": 1, "b": {"c": 1, "d": 2}}, {"b": {"c": 1, "d": 3}}) == {
        "a": "gone",
        "b": {"d": 3},
    }


def test_named_things_are_compared_by_name() -> None:
    """Of a list of filter chains only the one that changed is told, and the one that went."""
    old = [{"name": "x", "v": 1}, {"name": "y", "v": 1}, {"name": "z", "v": 1}]
    new = [{"name": "x", "v": 1}, {"name": "y", "v": 2}]
    assert changed(old, new) == [{"name": "y", "v": 2}, {"name": "z", "gone": True}]


def test_other_lists_are_told_whole() -> None:
    """Where names repeat, the order is the meaning."""
    assert changed([{"name": "x"}], [{"name": "x"}, {"name": "x"}]) == [
        {"name": "x"},
        {"name": "x"},
    ]

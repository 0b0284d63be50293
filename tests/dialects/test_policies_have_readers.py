"""Every feature of the model can be written down by somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

import gossamer

HOUSE = Path(gossamer.__file__).parent
WORDS = sorted(path.stem for path in (HOUSE / "model/policies").rglob("[a-z]*.py"))


@pytest.mark.parametrize("name", WORDS)
def test_each_policy_has_a_reader_of_its_name(name: str) -> None:
    """`git ls-files '*WORD*'` finds the reader beside the model: one word in every room."""
    assert list((HOUSE / "dialects").rglob(f"{name}.py"))

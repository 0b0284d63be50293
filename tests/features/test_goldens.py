"""Each golden pair keeps the promise at its head."""

from __future__ import annotations

import pytest

from tests.features.golden import FOLDER, Case, cases, difference, errors, read_case, rendered

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_pair(case: Case, bless: bool) -> None:
    """The feature changes in every proxy exactly what its output says."""
    assert case.promise, f"{case.path.name} says at its head no promise"
    assert not errors(read_case(case))
    found = rendered(difference(case))
    if bless:
        case.out.write_text(found)
    assert case.out.exists(), "no output yet: pytest tests/features --bless"
    assert found == case.out.read_text()


def test_no_output_without_its_input() -> None:
    """What a pair once promised goes when its input goes."""
    inputs = {case.out for case in CASES}
    assert sorted(set(FOLDER.glob("*/*.out.yaml")) - inputs) == []

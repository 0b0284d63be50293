"""Applications in the shapes of published ones: each comes up with one command, and is seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab, forget, new_home, until

pytestmark = pytest.mark.e2e
APPLICATIONS = Path(__file__).with_name("applications")

Edges = set[tuple[str, str]]


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """One lab an application: two of them side by side would tell nothing more."""
    home = new_home()
    lab = Lab("app", home)
    try:
        yield lab
    finally:
        lab.down()
        forget(home)


def edges(lab: Lab) -> Edges:
    """Who was heard calling whom, and was answered."""
    return {
        (edge["source"], edge["destination"])
        for edge in lab.json("traffic")
        if edge["destination"] and edge["success_rate"] != 0
    }


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "emoji",
            {
                ("emoji/web", "emoji/emoji"),
                ("emoji/web", "emoji/voting"),
                ("emoji/vote-bot", "emoji/web"),
            },
        ),
        (
            "bank",
            {
                ("default/frontend", "default/userservice"),
                ("default/frontend", "default/ledgerwriter"),
                ("default/balancereader", "default/accounts-db"),
                ("default/loadgenerator", "default/frontend"),
            },
        ),
    ],
)
def test_it_comes_up_and_its_graph_fills_by_itself(lab: Lab, name: str, wanted: Edges) -> None:
    """`gossamer up --stand-in`: every pod Ready, and every edge that the manifests name."""
    shape = lab.up(APPLICATIONS / f"{name}.yaml", "--stand-in")
    assert [pod["name"] for pod in shape["pods"] if not pod["ready"]] == []
    until(lambda: wanted <= edges(lab), 60)

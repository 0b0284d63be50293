"""docs/openapi.yaml is the API's own description. `python tests/cli/test_openapi.py` writes it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import yaml

from gossamer.plane.api.description import describe

PAGE = Path(__file__).parents[2] / "docs" / "openapi.yaml"


def described() -> str:
    """The description as YAML, the same bytes whenever the API is the same."""
    text: str = yaml.safe_dump(describe(version("gossamer")), sort_keys=True, width=100)
    return text


def test_the_page_describes_the_api() -> None:
    """A changed API changes the page in the same commit."""
    assert PAGE.read_text() == described(), f"run: python {Path(__file__).name} in tests/cli"


if __name__ == "__main__":
    PAGE.write_text(described())

"""docs/dependencies.md says of each package what the package says of itself."""

from __future__ import annotations

import re
from importlib.metadata import metadata
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "dependencies.md"
ROWS = re.findall(r"^\| ([a-z][\w-]*) \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE)
FAMILIES = ("MIT", "Apache", "BSD", "GPL")


def families(text: str) -> set[str]:
    """Which licences a text names, however it spells them."""
    return {each for each in FAMILIES if each in text}


def declared(package: str) -> str:
    """All that a package's metadata says of its licence."""
    about = metadata(package)
    said = [
        text for field in ("License-Expression", "License") for text in about.get_all(field, [])
    ]
    said = [text[:80] for text in said]
    said += [each for each in about.get_all("Classifier", []) if each.startswith("License")]
    return " ".join(said)


@pytest.mark.parametrize(
    ("package", "licence"), [row for row in ROWS if row[0] != "package"], ids=lambda text: text[:20]
)
def test_the_licence_is_the_package_s_own(package: str, licence: str) -> None:
    """The families of licences agree; what stands in parentheses is of something inside it."""
    assert families(re.sub(r"\(.*?\)", "", licence)) == families(declared(package))

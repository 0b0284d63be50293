"""Names of discovered filters are printed and read in one place."""

from __future__ import annotations

import pytest

from gossamer.contract.extension_names import (
    ExtensionName,
    Layer,
    ReporterSide,
    parse_extension,
)


@pytest.mark.parametrize("layer", Layer)
@pytest.mark.parametrize("reporter", ReporterSide)
def test_what_is_printed_is_read(reporter: ReporterSide, layer: Layer) -> None:
    """Printing and reading are inverse."""
    name = ExtensionName(reporter, "access_log", layer)
    assert parse_extension(str(name)) == name


@pytest.mark.parametrize(
    "name", ["", "client", "client|x", "nobody|x|http", "client|x|udp", "client||tcp", "a|b|c|d"]
)
def test_other_names_are_nobodys(name: str) -> None:
    """A name of another shape names no filter."""
    assert parse_extension(name) is None

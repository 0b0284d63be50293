"""The pages about the command line keep up with it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

from gossamer.cli.checks.table import EVERY
from gossamer.cli.main import COMMANDS, cli

SHARED = ("kustomize", "lab", "more", "name", "namespace", "output", "paths", "recursive")
"""Options that the page describes once for all."""

DOCS = Path(__file__).parents[2] / "docs"


def test_every_check_has_its_anchor_and_no_anchor_is_stale() -> None:
    """The link that a check prints leads somewhere, in the area that it belongs to."""
    area, found = "", []
    for line in (DOCS / "checks.md").read_text().splitlines():
        if line.startswith("## "):
            area = line.removeprefix("## ").lower()
        elif line.startswith("### "):
            found.append((area, line.removeprefix("### ")))
    assert found == [(check.area.value, check.code) for check in EVERY]


def sections() -> dict[str, str]:
    """The sections of docs/cli.md by the command that they are about."""
    parts = re.split(r"^## gossamer (\S+)$", (DOCS / "cli.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section_that_names_its_options(name: str) -> None:
    """An option that is not described does not exist for those who read."""
    section = sections()[name]
    for parameter in command(name).params:
        if isinstance(parameter, click.Option) and parameter.name not in SHARED:
            assert any(option in section for option in parameter.opts), parameter.opts


def test_no_section_is_about_a_command_that_is_gone() -> None:
    """The page is no museum."""
    assert list(sections()) == list(COMMANDS)


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """Files exist, and so do the headings that anchors name."""
    for target in re.findall(r"\]\(([^)]+)\)", (DOCS / page).read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = DOCS / path if path else DOCS / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def anchors(file: Path) -> set[str]:
    """The headings of a page as anchors, as the usual renderers make them."""
    heads = re.findall(r"^#+ (.+)$", file.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_command_can_be_imported() -> None:
    """The table names modules that are there, with a command of that name."""
    for name, entry in COMMANDS.items():
        importlib.import_module(f"gossamer.cli.commands.{entry.place}")
        assert command(name).name == name

"""Whoever has a question finds its page, and a word of the glossary stands for what exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
DOCS = HERE / "docs"
GLOSSARY = DOCS / "development" / "glossary.md"
PAGES = sorted(DOCS.rglob("*.md"))


def linked(page: Path) -> set[Path]:
    """The pages that a page links; a linked folder stands for its pages, as listings show them."""
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    paths = [(page.parent / target).resolve() for target in targets if "://" not in target]
    return {
        each
        for path in paths
        for each in (path.glob("*.md") if path.is_dir() else [path])
        if each.suffix == ".md" and each.exists()
    }


def reached(start: Path) -> set[Path]:
    """The page, and all pages of docs/ to which its links lead, over others as well."""
    pages, waiting = {start}, [start]
    while waiting:
        found = {page for page in linked(waiting.pop()) if page.is_relative_to(DOCS)} - pages
        pages |= found
        waiting += found
    return pages


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_every_page_is_found_from_the_index(page: Path) -> None:
    """A page to which nothing leads is read by nobody."""
    assert page in reached(DOCS / "README.md")


def test_the_readme_leads_to_the_index() -> None:
    """The first page that anybody opens names the one that answers questions."""
    assert DOCS / "README.md" in linked(HERE / "README.md")


def test_questions_lead_to_pages_that_exist() -> None:
    """No link of the index is broken."""
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (DOCS / "README.md").read_text())
    assert [target for target in targets if not (DOCS / target).exists()] == []


def entries() -> list[str]:
    """The words of the glossary, in its order."""
    return re.findall(r"^- \*\*([^*]+)\*\*", GLOSSARY.read_text(), re.MULTILINE)


def test_the_glossary_has_each_word_once() -> None:
    """One word, one sentence."""
    words = [word.lower() for word in entries()]
    assert len(words) > 50
    assert sorted(set(words)) == sorted(words)


def test_the_glossary_names_what_exists() -> None:
    """Each class that stands there in backticks is one of the source."""
    trees = [ast.parse(path.read_text()) for path in (HERE / "src").rglob("*.py")]
    classes = {
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", GLOSSARY.read_text()))
    assert len(named) > 30
    assert named <= classes, named - classes

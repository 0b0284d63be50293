"""A feature is one word in every room: model, dialects, compiler, goldens, pages."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import gossamer

HOUSE = Path(gossamer.__file__).parent
FEATURES = Path(__file__).parent
PAGES = FEATURES.parents[1] / "docs" / "features"
WORDS = sorted(path.stem for path in (HOUSE / "model/policies").rglob("[a-z]*.py"))


@pytest.mark.parametrize("word", WORDS)
def test_somebody_reads_it(word: str) -> None:
    """At least one dialect has a reader of that name."""
    assert list((HOUSE / "dialects").rglob(f"{word}.py"))


@pytest.mark.parametrize("word", WORDS)
def test_it_is_compiled(word: str) -> None:
    """The compiler has a file of that name."""
    assert list((HOUSE / "compile").rglob(f"{word}.py"))


@pytest.mark.parametrize("word", WORDS)
def test_its_effect_is_shown(word: str) -> None:
    """There are at least two golden pairs."""
    assert len(list((FEATURES / word).glob("*.in.yaml"))) >= 2


@pytest.mark.parametrize("word", WORDS)
def test_people_can_read_about_it(word: str) -> None:
    """There is a page, and it begins with what the feature does."""
    page = (PAGES / f"{word}.md").read_text()
    assert page.startswith("# ")
    assert len(page.splitlines()[2]) > 40


def test_no_page_without_its_feature() -> None:
    """Pages of features that are gone are gone, too."""
    assert sorted({path.stem for path in PAGES.glob("*.md")} - {*WORDS, "ext_authz", "split"}) == []


def test_a_policy_declares_its_word() -> None:
    """The word that `explain` prints is the one of its file, its goldens and its page."""
    root = HOUSE.parent
    files = (HOUSE / "model/policies").rglob("[a-z]*.py")
    modules = {f.stem: ".".join(f.relative_to(root).with_suffix("").parts) for f in files}
    for word in WORDS:
        module = import_module(modules[word])
        said = {value.WORD for value in vars(module).values() if hasattr(value, "WORD")}
        assert word in said

"""`gossamer docs`: every page can be asked for by the name a person would use."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from gossamer.bundled.folders import DOCS
from gossamer.bundled.topics import topics_in
from gossamer.cli.commands.about.docs import docs
from gossamer.cli.error import CliError


def asked(*words: str) -> Result:
    return CliRunner().invoke(docs, words, catch_exceptions=True)


def test_every_page_is_listed_and_shown() -> None:
    """What the list names is a file below docs/, and is written as it is."""
    pages = json.loads(asked("-o", "json").output)
    listing = asked().output
    assert len(pages) == len(list(DOCS.resolve().rglob("*.md"))) - 1
    for page in pages:
        assert page["name"] in listing
        assert asked(page["name"]).stdout_bytes.decode() == (DOCS / page["file"]).read_text()


@pytest.mark.parametrize(
    ("word", "page"),
    [("lab", "lab"), ("lab.md", "lab"), ("retry", "features/retry"), ("findings", "findings")],
)
def test_the_last_part_of_a_name_is_enough(word: str, page: str) -> None:
    """A feature, a finding's code, a folder's index: no one types the folder."""
    assert json.loads(asked(word, "-o", "json").output)[0]["name"] == page


def test_every_finding_code_is_a_page() -> None:
    """Who reads a code in a finding asks for it just so."""
    codes = [topic for topic in topics_in(DOCS) if topic.name.startswith("findings/")]
    assert len(codes) > 50
    for topic in codes:
        word = topic.name.rpartition("/")[2]
        answer = asked(word)
        assert answer.exit_code == 0 or "ambiguous" in str(answer.exception)


def test_an_unknown_page_is_answered_with_the_near_name() -> None:
    """A misspelt page costs one more look, not a search."""
    done = asked("explian")
    assert isinstance(done.exception, CliError)
    assert "(did you mean 'explain'?)" in str(done.exception)

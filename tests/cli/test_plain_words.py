"""What people read, messages and pages, has the sentences the field would write.

A phrase that once stood here and was replaced does not come back; beside it is what to write.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
SOURCE = sorted((HERE / "src" / "gossamer").rglob("*.py"))
PAGES = sorted(  # the changelog quotes former words
    {*HERE.glob("*.md"), *(HERE / "docs").rglob("*.md"), *(HERE / "examples").rglob("*.md")}
    - {HERE / "CHANGELOG.md"}
)
INSTEAD = {
    r"which is no (?!longer|more)[a-z]+": "which is not a valid …",
    r"which names none": "which is not a valid value",
    r"stands twice": "is set twice",
    r"there twice": "is defined twice",
    r"\b[Mm]end(ed|s)?\b": "fix, fixed",
    r"nobody can say": "it is ambiguous",
    r"nobody hears": "it has no effect",
    r"strikes? (no|all|every) ": "affects",
    r"of no kind that there is": "of an unknown kind",
    r"if one is near": "that resembles a known one",
    r"former word": "the previous observation",
    r"must wait": "is unavailable",
    r"(ended|ends) unasked": "exited unexpectedly",
    r"ends? again and again": "keeps exiting",
    r"is (set )?the youngest": "sorts last",
    r"RE2 has not": "RE2 lacks",
    r"for ever\b.*sent": "in an endless loop",
    r"sent round until": "redirected in a loop until",
    r"rules? (no calls|nothing)\b": "applies to no calls",
    r"speaks for (the same|exactly)": "applies to the same …",
    r"or do without what it asks": "or accept this effect",
    r"than meant\b": "than intended",
    r"[Mm]ake (it|them|the pods?|the proxy|a proxy's) anew": "recreate",
    r"are not told\b": "are not reported",
    r"\b(swept|sweeps?) (it|them|what)\b": "clean up, removed",
    r"\b(guilty|acquitted)\b": "culprit, released",
    r"\b(roster|enrolment|shelf|shelves)s?\b": "wildcard names, view cache",
    r"\bnobody (declare|want|wrote|said what|says what|asks for|scrapes)": "no object …",
    r"\b(of which|where) nobody sa": "whose protocol is not declared",
    r"\bnobody (in the mesh|listens|answers)\b": "no workload …, nothing listens",
    r"\bwith nobody (behind|connected)\b": "without endpoints, without proxies",
    r"\b(is|are) answered 503\b": "fails with status 503",
    r"\bunasked\b": "as wildcard, without asking",
    r"\b(is|are) told (of|where|once|elsewhere|object by object)\b": "is reported",
    r"(changes nothing|refuses)( there| in it)?:? told\b": "is reported",
    r"\bauthor is told\b": "is reported",
    r"\bwhat (it|they) said (last|before)\b": "its last report, its previous version",
    r"\bwhere no(thing|ne) is said\b": "where nothing is set",
    r"\b(belongs?|belong) to somebody else\b": "belongs to another user",
    r"\bsomebody (wrote|holds)\b": "an author wrote, a proxy holds",
}
"""A pattern that has no place in text for people, and what to write there."""


def written(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a page by line, or of a module: its strings and docstrings, each as one."""
    if path.suffix == ".md":
        yield from enumerate(path.read_text().splitlines(), 1)
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, " ".join(node.value.split())


def unplain(text: str) -> list[str]:
    """What to write instead, for each phrase of the list that is in the text."""
    return [f"{old!r}: {new}" for old, new in INSTEAD.items() if re.search(old, text)]


@pytest.mark.parametrize("path", [*SOURCE, *PAGES], ids=lambda path: str(path.relative_to(HERE)))
def test_nobody_has_to_translate(path: Path) -> None:
    """No message, docstring or page has a phrase that a reader under stress would puzzle over."""
    hints = [(line, hint) for line, text in written(path) for hint in unplain(text)]
    assert not hints, hints


@pytest.mark.parametrize(
    "text",
    [
        "spec.host is a b, which is no host",
        "nobody can say which one is meant",
        "Mend the name",
        "Changes and questions must wait",
        "a host that nobody declares",
        "calls to it are answered 503",
        "its author is told of every field",
    ],
)
def test_an_old_sentence_is_recognised(text: str) -> None:
    """The list finds what was written before."""
    assert unplain(text)

"""`make feature WORD=cors`: the skeleton of a policy of routes, under its one word in each room.

It writes files that are not there yet and prints the rows that are to be added by hand: a file
that stands is never touched. docs/development/add-a-feature.md says what goes where.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_WORD = re.compile(r"[a-z]+(_[a-z]+)*")
_VALUE = '''"""{title}: a policy of routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class {name}:
    """{title} as every dialect means it."""

    WORD: ClassVar[str] = "{word}"

    enabled: bool = True
'''
_READER = '''"""`{field}`: how this dialect says {title}."""

from __future__ import annotations

from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.model.policies.{word} import {name}


def read_{word}(rule: Fields) -> {name} | None:
    """The policy of a rule; left out whole when any of it is wrong."""
    stanza = rule.child("{field}")
    if not stanza:
        return None
    found = {name}(enabled=stanza.boolean("enabled", True))
    return None if left_out(stanza, "requests pass as without it") else found
'''
_COMPILER = '''"""{title} on an Envoy route."""

from __future__ import annotations

from envoy.config.route.v3.route_components_pb2 import Route

from gossamer.model.policies.{word} import {name}


def apply_{word}(route: Route, policy: {name}) -> None:
    """Have the requests of this route treated so."""
    route.metadata.filter_metadata["gossamer"].update({{"{word}": policy.enabled}})
'''
_PAGE = """# {title}

What {title} does to the requests of a route, in a sentence that an operator understands at once.
"""
_FILES = {
    "src/gossamer/model/policies/{word}.py": _VALUE,
    "src/gossamer/dialects/istio/virtual_service/policies/{word}.py": _READER,
    "src/gossamer/compile/routes/policies/{word}.py": _COMPILER,
    "docs/features/{word}.md": _PAGE,
}
_ROWS = """\
Fill in what they hold, then add
- a row in ADDED of src/gossamer/dialects/istio/virtual_service/virtual_service.py,
  in FILTERS of src/gossamer/dialects/gatewayapi/http_route/filters.py with a reader of that dialect
- a row in APPLY of src/gossamer/compile/routes/entry.py; or, if it brings an HTTP filter,
  move the compiler to http_filters/ and add it to ORDER of its chain.py
- for a filter, src/gossamer/explain/route/{word}.py and a row in EXPLAINERS of filters.py beside it
- golden pairs and an .explain.yaml in tests/features/{word}/, a test in tests/e2e/,
  and a page in docs/findings/ for each new code
"""


def skeleton(word: str) -> dict[Path, str]:
    """The files of a feature, by their path in the repository. Raises ValueError."""
    if not _WORD.fullmatch(word):
        raise ValueError(f"{word!r} is not a word such as cors or direct_response")
    first, *rest = word.split("_")
    names = {
        "word": word,
        "title": word.replace("_", " ").capitalize(),
        "name": "".join(part.capitalize() for part in (first, *rest)),
        "field": first + "".join(part.capitalize() for part in rest),
    }
    return {Path(path.format(**names)): text.format(**names) for path, text in _FILES.items()}


def main(word: str, root: Path) -> int:
    """Write what is not there yet, and say what is left to do."""
    try:
        files = skeleton(word)
    except ValueError as error:
        print(f"{error}; write make feature WORD=cors", file=sys.stderr)
        return 2
    for path, text in files.items():
        stands = (root / path).exists()
        print(f"{'stands already' if stands else 'written'}: {path}")
        if not stands:
            (root / path).write_text(text)
    print(_ROWS.format(word=word), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "", Path.cwd()))

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

Istio (`VirtualService`, `http[].{field}`):

```yaml
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: reviews}}
spec:
  hosts: [reviews]
  http:
  - {field}: {{enabled: true}}
    route: [{{destination: {{host: reviews}}}}]
```
"""
_MESH = """# show: default/client
apiVersion: v1
kind: Service
metadata: {{name: reviews, namespace: default}}
spec: {{selector: {{app: reviews}}, ports: [{{name: http, port: 9080}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: reviews-v1, namespace: default, labels: {{app: reviews, version: v1}}}}
spec: {{containers: [{{name: app, image: app}}]}}
---
apiVersion: v1
kind: Pod
metadata: {{name: client, namespace: default, labels: {{app: client}}}}
spec: {{containers: [{{name: app, image: app}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: reviews, namespace: default}}
spec:
  hosts: [reviews]
  http:
"""
_ALL = (
    "# {title} holds for each request of the rule.\n"
    + _MESH
    + """  - {field}: {{enabled: true}}
    route: [{{destination: {{host: reviews}}}}]
"""
)
_SOME = (
    "# Requests of another rule pass as without it.\n"
    + _MESH
    + """  - match: [{{uri: {{prefix: /slow}}}}]
    {field}: {{enabled: true}}
    route: [{{destination: {{host: reviews}}}}]
  - route: [{{destination: {{host: reviews}}}}]
"""
)
_CALLS = """- from: default/client
  call: http://reviews:9080/
  expect:
    verdict: routed
    policies: [{{policy: {word}, field: "spec.http[0].{field}"}}]
"""
_FILES = {
    "src/gossamer/model/policies/{word}.py": _VALUE,
    "src/gossamer/dialects/istio/virtual_service/policies/{word}.py": _READER,
    "src/gossamer/compile/routes/policies/{word}.py": _COMPILER,
    "docs/features/{word}.md": _PAGE,
    "tests/features/{word}/istio.in.yaml": _ALL,
    "tests/features/{word}/istio-one-rule.in.yaml": _SOME,
    "tests/features/{word}/istio.explain.yaml": _CALLS,
}
_ROWS = """\
Add a row in
- ADDED of src/gossamer/dialects/istio/virtual_service/virtual_service.py
- for the Gateway API, with a reader of that dialect: FILTERS of
  src/gossamer/dialects/gatewayapi/http_route/filters.py, or ADDED of http_route.py beside it
- APPLY of src/gossamer/compile/routes/entry.py; or, if it brings an HTTP filter, move the compiler
  to src/gossamer/compile/http_filters/ and add it to ORDER of chain.py there
Then `pytest tests/features --bless -k {word}` passes, and the feature does nothing yet. Write
- what it is, in each of these files, and what its users expect, in its golden pairs
- for a filter, an EXPLAINER in src/gossamer/explain/route/{word}.py; it is found by its name
- a test in tests/e2e/, and a page in docs/findings/ for each new code
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
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
    print(_ROWS.format(word=word), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "", Path.cwd()))

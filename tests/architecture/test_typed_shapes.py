"""What processes send each other has a type: nothing else is taken apart by strings.

The files that still hold JSON as mappings are listed by their reason. The list only shrinks: a
file that no longer needs its place in it is an error here, too.
"""

from __future__ import annotations

import re
from pathlib import Path

import gossamer

SOURCE = Path(gossamer.__file__).parent
UNTYPED = re.compile(r"def (as_json|from_json)\b|Mapping\[str, Any\]")

FREE_FORM = (
    "dialects/istio/mesh/mesh_config.py",
    "dialects/kubernetes/annotations/misplaced.py",
    "dialects/kubernetes/workload/workload.py",
    "lab/holder/control/operations.py",
    "lab/holder/plane_link.py",
    "lab/plan/documents.py",
    "lab/plan/pod/command.py",
    "manifests/cursor.py",
    "manifests/envelope.py",
    "manifests/expect.py",
    "manifests/fields.py",
    "manifests/foreign.py",
    "manifests/manifest.py",
    "manifests/yaml/unfold.py",
)
"""Manifests, or parts of them: their authors choose what is in them."""

OF_ENVOY = (
    "envoy/bootstrap.py",
    "envoy/dump.py",
    "lab/edge.py",
    "telemetry/live.py",
    "telemetry/plan.py",
    "xds/serve.py",
)
"""Envoy's own JSON, which is not ours to describe; and gRPC's methods by name."""

ENCODERS = ("process/json_lines/line.py", "process/shape.py")
"""Where values become JSON, whatever they are."""

OF_COMMANDS = ("cli/", "plane/client.py")
"""Answers as commands read and print them, without importing msgspec (decision 36).

The room as a whole: a command that is added reads them as the others do.
"""

OF_STAND_INS = (
    "apps/images.py",
    "apps/load/plan.py",
    "apps/serve/answers.py",
    "apps/standin/answer.py",
    "apps/standin/record.py",
)
"""Applications: containers of manifests, and what they answer to anybody's HTTP."""

ALLOWED = frozenset((*FREE_FORM, *OF_ENVOY, *ENCODERS, *OF_COMMANDS, *OF_STAND_INS))


def untyped() -> set[str]:
    """The files that hold JSON as mappings, or have a reader or writer of their own."""
    return {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if UNTYPED.search(path.read_text())
    }


def allowed(file: str) -> bool:
    """Whether the file is listed, or in a room that is."""
    return any(file == entry or (entry[-1] == "/" and file.startswith(entry)) for entry in ALLOWED)


def test_no_other_file_takes_json_apart_by_strings() -> None:
    """Give it a `msgspec.Struct` where it leaves or enters a process; see decision 36."""
    assert sorted(file for file in untyped() if not allowed(file)) == []


def test_the_list_only_shrinks() -> None:
    """Who became typed leaves the list."""
    files = {entry for entry in ALLOWED if entry[-1] != "/"}
    assert sorted(files - untyped()) == []

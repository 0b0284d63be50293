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
    "cli/checks/gather/running.py",
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

OF_COMMANDS = (
    "cli/checks/facts.py",
    "cli/checks/gather/labs.py",
    "cli/commands/insight/explain.py",
    "cli/commands/lab/up.py",
    "cli/commands/manifests/analyze.py",
    "cli/commands/workloads/describe.py",
    "cli/demo/demo_plan.py",
    "cli/foreground/again.py",
    "cli/foreground/feed.py",
    "cli/foreground/log_tails.py",
    "cli/lab_access/live_findings.py",
    "cli/logs/sources.py",
    "cli/objects/item.py",
    "cli/objects/pod_object.py",
    "cli/offline/next_documents.py",
    "cli/offline/pods_to_come.py",
    "cli/pictures/demo_picture.py",
    "cli/pictures/edge_names.py",
    "cli/pictures/edge_table.py",
    "cli/pictures/traffic_picture.py",
    "cli/printing/cells.py",
    "cli/printing/described/lines.py",
    "cli/printing/described/mesh.py",
    "cli/printing/described/pod.py",
    "cli/printing/described/stored.py",
    "cli/printing/printer.py",
    "cli/printing/rollout_words.py",
    "cli/terminal/start_outcome.py",
    "plane/client.py",
)
"""Answers as commands read and print them, without importing msgspec (decision 36)."""

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


def test_no_other_file_takes_json_apart_by_strings() -> None:
    """Give it a `msgspec.Struct` where it leaves or enters a process; see decision 36."""
    assert sorted(untyped() - ALLOWED) == []


def test_the_list_only_shrinks() -> None:
    """Who became typed leaves the list."""
    assert sorted(ALLOWED - untyped()) == []

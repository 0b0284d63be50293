"""Selectors of workloads. One whose labels stand in the wrong place would select everything."""

from __future__ import annotations

from gossamer.dialects.istio.values.label_values import read_labels
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted
from gossamer.model.workload.labels import Labels, labels


def read_selector(stanza: Fields, name: str = "matchLabels") -> Labels:
    """The labels under `name`; nothing there selects every workload of the namespace."""
    chosen = labels(read_labels(stanza, name))
    if not stanza.has(name) and stanza.names():
        _tell_misplaced(stanza, name)
    return chosen


def _tell_misplaced(stanza: Fields, name: str) -> None:
    written = ", ".join(stanza.names())
    stanza.skip(*stanza.names())
    stanza.report(
        f"{dotted(stanza.path)} has {written}, and no {name}",
        "it would apply to every workload in the namespace",
        f"Write the labels under {name}: {{{name}: {{app: NAME}}}}",
        code="missing-field",
    )

"""LabDocuments from YAML text, shaped as the plane's API returns them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gossamer.lab.plan.documents import LabDocument, LabDocuments

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
CLUSTER_WIDE = ("Namespace", "GatewayClass")


def documents_of(text: str) -> LabDocuments:
    """Every document of `text`, in namespace default where it names none."""
    return LabDocuments(
        LabDocument(
            kind=body["kind"],
            api_version=body["apiVersion"],
            namespace=_namespace(body),
            name=body["metadata"]["name"],
            body=body,
            file="mesh.yaml",
            line=1,
        )
        for body in yaml.safe_load_all(text)
        if body
    )


def _namespace(body: Mapping[str, Any]) -> str:
    given = body["metadata"].get("namespace", "default")
    return "" if body["kind"] in CLUSTER_WIDE else given

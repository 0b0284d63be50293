"""The hash that Kustomize puts behind the name of a generated ConfigMap or Secret.

A new content gives a new name, so that the pods that use it are made anew. Source: Kustomize's
hasher (sha256 of a JSON text, ten characters in an alphabet without vowels), kept because people
have such names in scripts and dashboards.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from gossamer.render.kustomize.node import plain
from gossamer.render.kustomize.resource import KustomizedObject

_LETTERS = str.maketrans("013ae", "ghkmt")
_ESCAPED = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
_SEPARATORS = {0x2028: "\\u2028", 0x2029: "\\u2029"}
_LENGTH = 10


def hashed_name(resource: KustomizedObject) -> str:
    """The resource's name with the hash of what it holds."""
    body: dict[str, Any] = plain(resource.body)
    content: dict[str, Any] = {
        "kind": resource.kind,
        "name": "",  # Kustomize looks the name up by a path that leads nowhere
        "data": body.get("data") or "",
    }
    if resource.kind == "Secret":
        content["type"] = body.get("type") or ""
        if body.get("stringData"):
            content["stringData"] = body["stringData"]
    if body.get("binaryData"):
        content["binaryData"] = body["binaryData"]
    digest = hashlib.sha256(_json(content).encode()).hexdigest()
    return f"{resource.name}-{digest[:_LENGTH].translate(_LETTERS)}"


def _json(content: dict[str, Any]) -> str:
    """As Go writes JSON: sorted, compact, and safe inside HTML."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPED | _SEPARATORS)

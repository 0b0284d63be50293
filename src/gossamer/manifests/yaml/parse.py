"""One YAML document to its value, with the line of each part of it."""

from __future__ import annotations

from typing import Any

from gossamer.manifests.manifest import Lines
from gossamer.manifests.yaml.build import build
from gossamer.manifests.yaml.caps import CAPS, Caps
from gossamer.manifests.yaml.split import DocumentText, check_text


def parse(part: DocumentText, caps: Caps = CAPS) -> tuple[Any, Lines]:
    """The value and its lines. Raises DocumentRefused for a text that is too large, too deep, or
    no YAML."""
    check_text(part, caps)
    return build(part, caps)

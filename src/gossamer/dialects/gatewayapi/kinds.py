"""Gateway API kinds; none read yet."""

from gossamer.dialects.reading import Reader

KINDS: dict[tuple[str, str], Reader] = {}

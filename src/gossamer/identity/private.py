"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, text: str | bytes) -> None:
    """Replace `path` with `text`, mode 0600, durable before it becomes visible."""
    data = text.encode() if isinstance(text, str) else text
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def private_folder(path: Path) -> Path:
    """Make `path` (and parents) if absent; mode 0700 in any case."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path

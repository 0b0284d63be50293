"""Who is served the Workload API, and where: what the agent and a lab agree on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ANNOTATION = "gossamer.dev/workload-api"
"""`"true"` on a pod template asks for it: it hands a private key to the application."""

VARIABLE = "SPIFFE_ENDPOINT_SOCKET"
"""Where SPIFFE libraries look for the socket's address."""

MOUNTED = "/run/spiffe"
"""Where a pod sees the folder of its socket, and nobody else's."""

SOCKET = "api.sock"
ADDRESS = f"unix://{MOUNTED}/{SOCKET}"

_FOLDERS = "api"
"""Beside the proxies' folders, whose names have a dot or a dash."""


def is_wanted(annotations: Mapping[str, str]) -> bool:
    """Whether a pod asks for the API."""
    return annotations.get(ANNOTATION) == "true"


def socket_folder(proxy_folder: Path) -> Path:
    """Where a pod's socket is. It is not in the proxy's folder: that goes with the proxy, and what
    a pod has mounted must be there before and after."""
    return proxy_folder.parent / _FOLDERS / proxy_folder.name

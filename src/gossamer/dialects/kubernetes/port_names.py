"""The names of a Service's ports: what the API server refuses in them. The ports are served."""

from __future__ import annotations

import re

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_REFUSED = "the API server refuses the Service; here the port is served"


def check_port_names(spec: Fields) -> None:
    """Report names that are invalid or set twice, and, among several ports, one without a name."""
    ports = list(spec.each("ports"))
    named = [(port, port.string("name", "")) for port in ports]
    seen: set[str] = set()
    for port, name in named:
        if name in seen:
            what = f"is {quoted(name)}, which is already the name of a port above"
            _tell(port, what, "Give each port a name of its own", "duplicate-name")
        elif name and not _NAME.fullmatch(name):
            what = f"is {quoted(name)}, which is not a valid name"
            remedy = "Use lower-case letters, digits and - only, at most 63 of them"
            _tell(port, what, remedy, "invalid-name")
        seen.update({name} - {""})
    unnamed = next((port for port, name in named if not name), None)
    if unnamed is not None and len(ports) > 1:
        what = f"is missing, but there are {len(ports)} ports"
        _tell(unnamed, what, "Give each port a name, such as http-web", "missing-field")


def _tell(port: Fields, what: str, remedy: str, code: str) -> None:
    message = f"{dotted((*port.path, 'name'))} {what}"
    port.report(message, _REFUSED, remedy, field="name", code=code)

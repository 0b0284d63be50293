"""What Istio refuses of a Gateway's servers as a whole. They are opened as far as they can be."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted

_REFUSED = "Istio refuses the Gateway; here the port is opened"


def check_ports(spec: Fields) -> None:
    """Report no servers at all, and ports without a name or with another's."""
    servers = list(spec.each("servers"))
    if spec.is_empty("servers"):
        _tell_none(spec)
    seen: dict[str, int] = {}
    for at, server in enumerate(servers):
        port = server.child("port")
        name = port.string("name", "")
        if not port or port.failed:
            continue
        field = ("servers", at, "port", "name")
        if not name:
            what, remedy = "is missing", "Give the port a name, such as http"
            spec.report(
                f"{dotted((*spec.path, *field))} {what}",
                _REFUSED,
                remedy,
                field=field,
                code="missing-field",
            )
        elif name in seen:
            _tell_again(spec, field, name, seen[name])
        seen.setdefault(name, at)


def _tell_none(spec: Fields) -> None:
    spec.report(
        "the gateway has no servers",
        "no port is opened",
        "Add a server: {hosts: [a.example.com], port: {number: 80, name: http, protocol: HTTP}}",
        field="servers",
        code="missing-field",
    )


def _tell_again(spec: Fields, field: tuple[str | int, ...], name: str, former: int) -> None:
    spec.report(
        f"{dotted((*spec.path, *field))} is {quoted(name)}, as the port of servers[{former}] is",
        _REFUSED,
        "Give each port a name of its own",
        field=field,
        code="duplicate-name",
    )

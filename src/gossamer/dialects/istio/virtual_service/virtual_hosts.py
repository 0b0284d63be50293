"""`hosts` of a VirtualService: each once, and none for a delegate."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.finding import Severity


def is_delegate(spec: Fields) -> bool:
    """Whether it has no hosts: another one delegates to it, which is reported as not supported."""
    if not spec or spec.value("hosts") or not spec.has("http"):
        return False
    spec.skip("gateways", "tls", "tcp", "exportTo")
    for name in filter(spec.has, ("gateways", "tls", "tcp")):
        spec.report(
            f"{dotted((*spec.path, name))} is set in a VirtualService without hosts",
            "Istio refuses it: rules that others delegate to may only have http",
            f"Name its hosts, or remove {name}",
            field=name,
        )
    spec.report(
        f"{spec.manifest.ref} has no hosts: its rules are for others that delegate to it, which "
        "is not supported yet",
        "nothing of it is used; requests that are delegated to it are answered 500",
        "Write its rules into the VirtualService that delegates, or name its hosts",
        field="hosts",
        severity=Severity.WARNING,
        code="unsupported-field",
    )
    return True


def check_twice(spec: Fields, hosts: tuple[str, ...]) -> None:
    """Report each host that another one of the object is, or covers."""
    exact, wild = set[str](), {host for host in hosts if host.startswith("*")}
    for at, host in enumerate(hosts):
        covering = host if host in exact else next(_covering(host, wild), None)
        exact.add(host)
        if covering is not None:
            spec.report(
                f"{dotted((*spec.path, 'hosts', at))} is {quoted(host)}, which {quoted(covering)} "
                "there already covers",
                "Istio refuses it; the rules apply to the host once",
                "Remove one of the two",
                field=("hosts", at),
                code="duplicate-host",
            )


def _covering(host: str, wild: set[str]) -> Iterator[str]:
    for at in range(len(host)):
        pattern = f"*{host[at:]}"
        if pattern != host and pattern in wild:
            yield pattern
    if "*" in wild and host != "*":
        yield "*"

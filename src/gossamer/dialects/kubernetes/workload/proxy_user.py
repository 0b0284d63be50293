"""Containers that run as the proxy's own user, whose traffic capture lets pass in a cluster."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.contract.marks import PROXY_USER
from gossamer.manifests.fields import Fields
from gossamer.model.finding import Finding, Severity

_FIELDS = ("runAsUser", "runAsGroup")
_PROXIES = ("istio-proxy", "istio-init")


def proxy_users(spec: Fields) -> Iterator[Finding]:
    """A finding for each security context that takes the proxy's user or group.

    What a pod says is for its containers that do not say it themselves.
    """
    containers = [each for key in ("initContainers", "containers") for each in spec.each(key)]
    own = [each for each in containers if not _is_proxy(each)]
    for field in _FIELDS:
        contexts = [each.child("securityContext") for each in own]
        if not all(context.has(field) for context in contexts):
            contexts.insert(0, spec.child("securityContext"))
        for context in contexts:
            if context.integer(field) == PROXY_USER:
                yield _told(context, field)


def _is_proxy(container: Fields) -> bool:
    return container.string("name") in _PROXIES or container.string("image") == "auto"


def _told(context: Fields, field: str) -> Finding:
    return Finding(
        context.origin_of(field),
        f"{field} is {PROXY_USER}, which is reserved for the mesh's proxy",
        "in a cluster the capture of its calls is skipped: they bypass the mesh and "
        "its rules, in plaintext",
        "Choose another number",
        "proxy-user",
        Severity.WARNING,
    )

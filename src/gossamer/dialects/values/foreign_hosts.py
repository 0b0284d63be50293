"""Hosts of another namespace: what is said of them holds for the author's own clients alone."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.model.addressing.host_owner import MANY, at_home, owner_of
from gossamer.model.finding import Severity
from gossamer.model.ids import ROOT_NAMESPACE, expand_host


def tell_foreign_hosts(spec: Fields, namespace: str, scopes: tuple[str, ...]) -> None:
    """Report each host whose calls from other namespaces are not the author's to decide."""
    for at, text in enumerate(spec.strings("hosts")):
        host = expand_host(text, namespace)
        if at_home(host, namespace, scopes) != scopes:
            spec.report(
                f"{host} belongs to {_owner(host)}",
                f"what this object says of it holds for calls from {namespace} alone",
                f"Move the object to that namespace or to {ROOT_NAMESPACE}; or write "
                'exportTo: ["."] if the calls of its own namespace are meant',
                field=("hosts", at),
                severity=severity_of(spec),
                code="foreign-host",
            )


def severity_of(spec: Fields) -> Severity:
    """Who did not say `exportTo` may have meant their own clients alone, so that is a remark."""
    return Severity.WARNING if spec.has("exportTo") else Severity.INFO


def _owner(host: str) -> str:
    owner = owner_of(host)
    return "several namespaces" if owner == MANY else f"namespace {owner}"

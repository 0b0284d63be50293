"""Workloads that ask for a proxy where their namespace has none."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.traffic.secret import ProxyAsked

_LABEL, _NONE = "istio-injection", "disabled"


def refused_proxies(read: TrackedLookup, subject: Subject, asked: ProxyAsked) -> Iterator[Finding]:
    """The namespace's no is stronger than the pod's yes, as in Istio."""
    for namespace in read.lookup(tables.NAMESPACES, asked.namespace) or ():
        if dict(namespace.labels).get(_LABEL) == _NONE:
            yield Finding(
                subject.at("the proxy that is asked for"),
                f"a proxy is asked for, and {namespace.object} has the label {_LABEL}: {_NONE}",
                "its pods get no proxy: no rule and no mutual TLS applies to their calls",
                "Remove that label, or set it to enabled, or do not ask for a proxy",
                "no-effect",
                Severity.WARNING,
            )
            return

"""Who does not yet run what the present phase of a rotation said. Pure.

Two witnesses for each pod. Its proxy's stream tells whether Envoy acknowledged the roots; its
host's agent tells whether that host believes the roots, whether Envoy runs a certificate of the
issuer that signs, and the same of the agent itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from gossamer.identity.rotation.plan import Waiting
from gossamer.identity.shapes import TrustReport
from gossamer.model.workload.pod import Pod

Lack = Callable[[str], str | None]
"""From a pod to what its proxy lacks of the roots that it was sent; None if nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every host should have: digests of the roots and of the issuer."""

    roots: str
    issuer: str


def waiting_for(
    pods: Iterable[Pod], lack: Lack, reports: Mapping[str, TrustReport], wanted: Wanted
) -> tuple[Waiting, ...]:
    """Everybody who is waited for, hosts first, in order of name."""
    meshed = sorted((pod for pod in pods if pod.meshed), key=lambda pod: pod.key)
    hosts = {pod.host for pod in meshed if pod.host} | reports.keys()
    of_hosts = (_host(host, reports.get(host), wanted) for host in sorted(hosts))
    of_pods = (_pod(pod, lack, reports, wanted) for pod in meshed)
    return tuple(each for each in (*of_hosts, *of_pods) if each is not None)


def _host(host: str, report: TrustReport | None, wanted: Wanted) -> Waiting | None:
    if report is None:
        why = "its agent has not told what it believes since the control plane started"
    elif report.roots != wanted.roots:
        why = "its agent does not believe these roots yet"
    elif report.issuer != wanted.issuer:
        why = "its agent has not heard who signs now"
    elif not report.own:
        why = "its agent's own certificate is of the former issuer"
    else:
        return None
    return Waiting(f"host {host}", why)


def _pod(
    pod: Pod, lack: Lack, reports: Mapping[str, TrustReport], wanted: Wanted
) -> Waiting | None:
    why = lack(pod.key)
    report = reports.get(pod.host)
    if why is None and report is not None and _is_behind(pod, report, wanted):
        why = "its proxy has yet to take the certificate or the roots that it was sent"
    return Waiting(f"Pod {pod.key}", why) if why else None


def _is_behind(pod: Pod, report: TrustReport, wanted: Wanted) -> bool:
    return report.issuer == wanted.issuer and pod.key in report.behind


def fresh(
    reports: Mapping[str, tuple[TrustReport, float]], hosts: frozenset[str], now: float
) -> Iterator[tuple[str, TrustReport]]:
    """The reports that count: of hosts with pods, and of agents that spoke a minute ago or less."""
    for host, (report, at) in reports.items():
        if host in hosts or now - at <= SILENT_S:
            yield host, report


SILENT_S = 60.0
"""After so many seconds a host without pods is taken for gone."""

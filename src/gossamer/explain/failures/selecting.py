"""Which lines of access logs are of calls from one workload to another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gossamer.contract.addresses import split_port
from gossamer.contract.cluster_names import outbound_host
from gossamer.explain.failures.hops import LoggedCall


@dataclass(frozen=True, slots=True)
class WorkloadEnd:
    """One end: its pods `NAMESPACE/POD`, their addresses, the hosts by which it is called."""

    pods: frozenset[str]
    addresses: frozenset[str]
    hosts: frozenset[str] = frozenset()


def between(
    calls: Iterable[LoggedCall], source: WorkloadEnd, destination: WorkloadEnd
) -> tuple[LoggedCall, ...]:
    """The calls from one end to the other, as both ends' proxies wrote them down."""
    return tuple(
        call
        for call in calls
        if _left(call, source, destination) or _came(call, source, destination)
    )


def _left(call: LoggedCall, source: WorkloadEnd, destination: WorkloadEnd) -> bool:
    """A call that reached nobody is known by the host that it was meant for."""
    line = call.line
    if call.pod not in source.pods or call.arrives:
        return False
    if line.upstream_host:
        return _ip(line.upstream_host) in destination.addresses
    return outbound_host(line.upstream_cluster) in destination.hosts


def _came(call: LoggedCall, source: WorkloadEnd, destination: WorkloadEnd) -> bool:
    return (
        call.pod in destination.pods
        and (call.arrives or not call.line.upstream_cluster)
        and _ip(call.line.remote) in source.addresses
    )


def _ip(address: str) -> str:
    """The address without its port; "" for one of another kind."""
    try:
        return split_port(address)[0]
    except ValueError:
        return ""

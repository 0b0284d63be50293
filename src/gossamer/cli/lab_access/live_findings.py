"""What only a running lab can tell: where the applications really listen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gossamer.contract.addresses import with_port
from gossamer.model.finding import Finding
from gossamer.model.origin import ObjectRef, Origin

Words = Mapping[str, Any]


def loopback_only(pods: Iterable[Words], services: Iterable[Words]) -> Iterator[tuple[Words, int]]:
    """Pods and ports that services lead to, and that are open at loopback addresses alone."""
    called = {each for one in services for port in one["ports"] for each in port["endpoints"]}
    for pod in pods:
        for port in pod.get("loopback_ports", ()):
            if any(with_port(ip, port) in called for ip in (*pod.get("ips", ()), pod["ip"])):
                yield pod, port


def live_findings(pods: Iterable[Words], services: Iterable[Words]) -> Iterator[Finding]:
    """A finding for each of them, on the workload's pod."""
    for pod, port in loopback_only(pods, services):
        yield Finding(
            Origin(ObjectRef("Pod", pod["namespace"], pod["name"]), "(the running lab)"),
            f"its application listens on 127.0.0.1 alone, at port {port}",
            "calls to it fail with status 503, however ready it looks",
            "Let the application listen on 0.0.0.0 or ::, which is all addresses of its pod",
            "loopback-only",
        )

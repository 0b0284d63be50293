"""What agents said of their hosts' roots and certificates, each its latest word."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from gossamer.identity.plan import SpiffeId
from gossamer.identity.shapes import TrustReport
from gossamer.plane.rotation.evidence import fresh
from gossamer.xds.stream.session import MalformedRequest, StreamRefused


class AgentReports:
    """The latest report of each agent, by host."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._latest: dict[str, tuple[TrustReport, float]] = {}

    def take(self, request: bytes, caller: SpiffeId, domain: str) -> TrustReport:
        """What an agent says of its own host. Raises StreamRefused for anyone else."""
        report = _read(request)
        if caller.agent_host != report.host or caller.trust_domain != domain:
            raise StreamRefused(
                f"{caller} reported what host {report.host[:253]!r} believes; it is refused; "
                "only that host's agent may"
            )
        self._latest[report.host] = (report, self._clock())
        return report

    def of(self, hosts: Iterable[str]) -> dict[str, TrustReport]:
        """The reports that count while these hosts have pods."""
        return dict(fresh(self._latest, frozenset(hosts), self._clock()))

    def next_renewal(self) -> str | None:
        """When the next certificate of any host is renewed (RFC 3339)."""
        times = (report.renewal for report, _ in self._latest.values())
        return min((time for time in times if time), default=None)


def _read(request: bytes) -> TrustReport:
    try:
        return msgspec.json.decode(request, type=TrustReport)
    except (ValueError, RecursionError) as error:
        raise MalformedRequest(f"a report of trust cannot be read: {error!s:.200}") from error

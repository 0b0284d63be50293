"""Where agents ask whom to believe, and the operator how a rotation stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.contract.secret_names import MESH_ROOTS
from gossamer.identity.authority import Authority, BrokenAuthority
from gossamer.identity.issuers.issuer import certificate_pem
from gossamer.identity.rotation.plan import (
    Rotation,
    RotationPhase,
    RotationUnderWay,
    Waiting,
    waits_for_others,
)
from gossamer.identity.rotation.run import RootRotation
from gossamer.identity.rotation.spread import window_s
from gossamer.identity.shapes import TrustNow
from gossamer.identity.trust_bundle import digest_of
from gossamer.model import tables
from gossamer.model.finding import Finding
from gossamer.model.ids import EVERYWHERE
from gossamer.plane.api.facade import RequestRefused
from gossamer.plane.api.identity import IdentityStatus, RotateBody
from gossamer.plane.observed.observations import Observations
from gossamer.plane.rotation.evidence import Wanted, waiting_for
from gossamer.plane.rotation.reports import AgentReports
from gossamer.plane.rotation.status import Seen, ending_soon, status_of
from gossamer.plane.streams.admission import caller_of
from gossamer.plane.streams.proxies import ConnectedProxies
from gossamer.xds.stream.session import Peer

_DAY_S = 86_400


class Witnesses:
    """Who can say how far the mesh is: observed pods, their proxies' streams, and agents."""

    def __init__(
        self,
        authority: Authority,
        observations: Observations,
        proxies: ConnectedProxies,
        clock: Callable[[], float],
    ) -> None:
        self.authority = authority
        self.reports = AgentReports(clock)
        self._observations = observations
        self._proxies = proxies

    async def trust(self, request: bytes, peer: Peer, metadata: Mapping[str, str]) -> bytes:
        """Take an agent's report; whom its host should believe, and who signs."""
        self._proxies.refuse_peer(peer)
        self.reports.take(request, caller_of(peer), self.authority.trust_domain)
        window = window_s(len(self._proxies.by_pod))
        return msgspec.json.encode(TrustNow(*self._told(), window))

    def waiting(self, rotation: Rotation, now: datetime) -> tuple[Waiting, ...]:
        """Who does not run what agents and proxies are told now, and who may not have heard."""
        pods = tuple(filter(self._proxies.may_follow, self._observations.pods()))
        reports = self.reports.of(pod.host for pod in pods if pod.meshed)
        roots, issuer = self._told()
        wanted = Wanted(digest_of(roots), digest_of(issuer))
        others = self._proxies.mesh.lookup(tables.FEDERATION, EVERYWHERE) is not None
        ours = waiting_for(pods, self._lacks, reports, wanted)
        return (*ours, *waits_for_others(rotation, now, others))

    def _told(self) -> tuple[str, str]:
        """The roots of our own authority, and the certificate that signs. What else the mesh
        believes is no way to know its plane by."""
        return self.authority.roots_pem, certificate_pem(self.authority.issuer.certificate)

    def _lacks(self, pod: str) -> str | None:
        return self._proxies.lacks(pod, ResourceType.SECRET, MESH_ROOTS)


class RotationDesk:
    """The operator's side of a rotation."""

    def __init__(
        self, rotation: RootRotation, witnesses: Witnesses, clock: Callable[[], float]
    ) -> None:
        self._rotation = rotation
        self._witnesses = witnesses
        self._clock = clock

    def status(self) -> IdentityStatus:
        """The authority's certificates, the phase of a rotation, and whom it waits for."""
        authority, rotation = self._witnesses.authority, self._rotation
        renewal = self._witnesses.reports.next_renewal()
        seen = Seen(
            authority.trust_domain,
            authority.standing,
            rotation.state,
            rotation.waiting(self._now()),
            renewal,
        )
        return status_of(seen, self._now(), rotation.patience)

    def rotate(self, body: RotateBody) -> IdentityStatus:
        """Begin a rotation, or force one on. Raises RequestRefused."""
        if body.force:
            self._rotation.force(self._now())
            return self.status()
        try:
            self._rotation.begin(self._now(), Path(body.source) if body.source else None)
        except RotationUnderWay as error:
            raise RequestRefused(409, str(error)) from error
        except (BrokenAuthority, OSError) as error:
            raise RequestRefused(400, f"No rotation was begun: {error}") from error
        return self.status()

    def metrics(self) -> dict[str, float]:
        """For alerts: how many days the authority has left, and whether a rotation waits."""
        ends = min(each.ends for each in self._witnesses.authority.standing.believed)
        left = (ends - self._now()).total_seconds() / _DAY_S
        waits = self._rotation.state.phase is not RotationPhase.DONE
        return {
            "gossamer_plane_authority_days_left": left,
            "gossamer_plane_rotation_under_way": float(waits),
        }

    def findings(self) -> tuple[Finding, ...]:
        """Certificates of the authority that end soon."""
        return ending_soon(self._witnesses.authority.standing, self._now())

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

"""The relay as proxies see it: add, remove, tell of a new certificate, ask how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gossamer.agent.plan import DesiredPod
from gossamer.agent.relay.proxy import PidOf, ProxySpec
from gossamer.agent.relay.relays import Relay, no_process
from gossamer.agent.shapes import StreamStatus
from gossamer.contract.secret_names import MESH_ROOTS, OWN_CERTIFICATE
from gossamer.xds.events import UNDECIDED, Answer
from gossamer.xds.frame import Resource
from gossamer.xds.stream.stream_stats import StreamStats

_NOT_YET = StreamStatus()

Own = Callable[[str], Resource | None]
"""From a pod to its own certificate as a secret, None until it is signed."""


class HostRelay:
    """All relays of this host, by pod."""

    def __init__(
        self, folder: Path, channel: Callable[[], Any], own: Own, pid_of: PidOf = no_process
    ) -> None:
        self._own = own
        self._relay = Relay(folder, channel, self._local, pid_of=pid_of)

    async def add(self, pod: DesiredPod, folder: Path) -> None:
        """Serve this proxy's Envoy on `folder`/ads.sock."""
        workload = f"{pod.namespace}/{pod.workload}"
        await self._relay.add(ProxySpec(pod.key, workload, folder))

    async def remove(self, key: str) -> None:
        """Serve it no longer."""
        await self._relay.remove(key)

    def secret_changed(self, key: str) -> None:
        """Its credential is another one now."""
        self._relay.secret_changed(key, (OWN_CERTIFICATE,))

    def runs_secrets(self, key: str) -> bool:
        """Whether its Envoy is connected and has acknowledged every secret."""
        return self._relay.runs_secrets(key)

    def roots(self, key: str) -> bytes | None:
        """The secret that says whom its Envoy believes, None until the plane gave it."""
        return self._relay.secret(key, MESH_ROOTS)

    def status(self, key: str) -> StreamStatus:
        """`{connected, synced, pending, rejected}`; a proxy not served yet is none of these."""
        try:
            return self._relay.status(key)
        except KeyError:
            return _NOT_YET

    def meters(self) -> Mapping[str, StreamStats]:
        """What went to each proxy, by pod."""
        return self._relay.meters()

    async def close(self) -> None:
        """End all streams."""
        await self._relay.close()

    def _local(self, pod: str, name: str) -> Answer:
        """The one secret that never comes from the plane, for its key never left this host."""
        if name != OWN_CERTIFICATE:
            return None
        return self._own(pod) or UNDECIDED

"""Whose an address is, or was a moment ago: a job has ended before its call is reported."""

from __future__ import annotations

from gossamer.model import tables
from gossamer.model.addressing.address_holder import PodHolder
from gossamer.model.mesh import Mesh
from gossamer.model.observed import Observed
from gossamer.model.workload.pod import Pod

KEPT_S = 30.0
"""Agents report each second or two, more rarely where there are many proxies."""

MOST = 5_000


class FormerAddresses:
    """The workloads `NAMESPACE/NAME` of pods that changed or went lately, by address."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, float]] = {}

    def remember(self, mesh: Mesh, changed: Observed, now: float) -> None:
        """Note the addresses of these pods, as they are in the mesh before the change."""
        for key in changed:
            pod = mesh.lookup(tables.PODS, key.name) if key.table == tables.PODS.name else None
            if pod is not None:
                for address in pod.addresses:
                    self._names.pop(address, None)
                    self._names[address] = (_workload(pod), now)
        while len(self._names) > MOST:
            self._names.pop(next(iter(self._names)))

    def name(self, mesh: Mesh, now: float, address: str) -> str:
        """Whose it is, or was; "" where nobody had it lately."""
        holder = mesh.lookup(tables.ADDRESSES, address)
        pod = mesh.lookup(tables.PODS, holder.key) if isinstance(holder, PodHolder) else None
        if pod is not None:
            return _workload(pod)
        name, at = self._names.get(address, ("", 0.0))
        return name if now - at <= KEPT_S else ""


def _workload(pod: Pod) -> str:
    return f"{pod.namespace}/{pod.workload}"

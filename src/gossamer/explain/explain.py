"""What would become of a call, and because of what: the one question that this room answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gossamer.explain.report.explanation import Explanation
from gossamer.explain.walk.call import OUTSIDE, BadCall, Call
from gossamer.explain.walk.gateway import at_gateway, from_outside
from gossamer.explain.walk.outbound import from_sidecar
from gossamer.explain.walk.uncaptured import from_plain_pod
from gossamer.model import tables
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod, ProxyRole

_BY_ROLE: Mapping[ProxyRole, Callable[[Mesh, Pod, Call], Explanation]] = {
    ProxyRole.NONE: from_plain_pod,
    ProxyRole.SIDECAR: from_sidecar,
    ProxyRole.GATEWAY: at_gateway,
}


def explain_call(mesh: Mesh, call: Call) -> Explanation:
    """What Envoy would do with the call in this mesh. Raises BadCall for an unknown source."""
    if call.source == OUTSIDE:
        return from_outside(mesh, call)
    pod = mesh.lookup(tables.PODS, call.source)
    if pod is None:
        raise BadCall(
            f"there is no pod {call.source}, so its calls cannot be explained; name one of "
            f"`gossamer get pods -A`, or {OUTSIDE} for a call through a gateway"
        )
    return _BY_ROLE[pod.role](mesh, pod, call)

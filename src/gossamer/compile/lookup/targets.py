"""The objects that policies name (`targetRefs`) and a pod stands behind or serves."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.model import tables
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE
from gossamer.model.mesh import Lookup
from gossamer.model.traffic.gateway import Gateway
from gossamer.model.workload.labels import selects
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.model.workload.workload_policy import PolicyTarget

GATEWAY_CLASS = "GatewayClass"
Targets = tuple[tuple[str, PolicyTarget], ...]


def targets_of(mesh: Lookup, pod: Pod) -> Targets:
    """Those that policies name, each with the namespace of the policy, in a fixed order."""
    homes = dict.fromkeys((ROOT_NAMESPACE, pod.namespace))
    policies = (
        each for home in homes for each in mesh.lookup(tables.TARGETING_POLICIES, home) or ()
    )
    wanted = {(each.namespace, target) for each in policies for target in each.targets}
    if not wanted:
        return ()
    standing = {*_services(mesh, pod), *_gateways(mesh, pod)}
    return tuple(sorted(wanted & standing, key=str))


def _services(mesh: Lookup, pod: Pod) -> Iterator[tuple[str, PolicyTarget]]:
    for host in mesh.lookup(tables.POD_SERVICES, pod.key) or ():
        for service in mesh.lookup(tables.SERVICES, host) or ():
            for ref in service.objects:
                yield ref.namespace, PolicyTarget(ref.group, ref.kind, ref.name)


def _gateways(mesh: Lookup, pod: Pod) -> Iterator[tuple[str, PolicyTarget]]:
    """A class may be named in the root namespace alone, for gateways of every namespace."""
    if pod.role is not ProxyRole.GATEWAY:
        return
    for gateway in mesh.lookup(tables.GATEWAYS, EVERYWHERE) or ():
        if _serves(pod, gateway):
            ref = gateway.object
            yield ref.namespace, PolicyTarget(ref.group, ref.kind, ref.name)
            yield ROOT_NAMESPACE, PolicyTarget(ref.group, GATEWAY_CLASS, gateway.class_name)


def _serves(pod: Pod, gateway: Gateway) -> bool:
    near = not gateway.class_name or gateway.namespace == pod.namespace
    return bool(gateway.selector) and near and selects(gateway.selector, pod.labels)

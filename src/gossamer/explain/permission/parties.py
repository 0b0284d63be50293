"""Whom a person means by the two ends of `gossamer can`: who calls, and where the call arrives.

A name is `NAMESPACE/NAME` of a workload or pod, `sa/NAMESPACE/NAME` of a service account,
`svc/NAMESPACE/NAME` of a service, or `outside`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import GatewayView, InboundView, view_of
from gossamer.compile.lookup.gateways import served
from gossamer.compile.lookup.inbound_ports import served_ports
from gossamer.contract.listener_names import INBOUND, gateway_listener_name
from gossamer.explain.authorization.caller import STRANGER, Caller, account_of, caller_of
from gossamer.explain.walk.call import OUTSIDE, BadCall
from gossamer.model import tables
from gossamer.model.ids import CLUSTER_DOMAIN
from gossamer.model.mesh import Mesh
from gossamer.model.traffic.service import Protocol, Service
from gossamer.model.workload.pod import Pod, ProxyRole

ACCOUNT, SERVICE = "sa/", "svc/"


@dataclass(frozen=True, slots=True)
class CallingParty:
    """Who calls: a caller for each pod that it may be, with the pod where it is one."""

    name: str
    callers: tuple[tuple[Pod | None, Caller], ...]


@dataclass(frozen=True, slots=True)
class CalledPort:
    """Where calls arrive: a port of a pod. `shown` is the port that is named to people, `host` the
    service by which it is called ("" where there is none)."""

    pod: Pod
    port: int
    shown: int
    protocol: Protocol = Protocol.UNDECLARED
    host: str = ""

    @property
    def address(self) -> str:
        """The address at which the pod is reached."""
        return self.pod.addresses[0] if self.pod.addresses else ""


def calling_party(mesh: Mesh, name: str, client: str = "") -> CallingParty:
    """Who is meant by the name of a caller, with the address of one from outside as far as it is
    known. Raises BadCall for nobody."""
    if name == OUTSIDE:
        return CallingParty(name, ((None, Caller(None, client) if client else STRANGER),))
    if name.startswith(ACCOUNT):
        namespace, slash, account = name.removeprefix(ACCOUNT).partition("/")
        if not slash or not account:
            raise BadCall(f"{name!r} names no service account; write sa/NAMESPACE/NAME")
        return CallingParty(name, ((None, account_of(mesh, namespace, account)),))
    pods = pods_named(mesh, name)
    return CallingParty(name, tuple((pod, caller_of(mesh, pod)) for pod in pods))


def called_ports(mesh: Mesh, name: str, port: int | None) -> tuple[CalledPort, ...]:
    """The ports that are meant by the name of who is called. Raises BadCall for none."""
    if name.startswith(SERVICE):
        ports = list(_of_service(mesh, name.removeprefix(SERVICE), port))
    else:
        ports = list(_of_pod(mesh, pods_named(mesh, name)[0], port))
    if not ports:
        raise BadCall(
            f"it is not known on which port {name} is called"
            + (f": it has no port {port}" if port else "; say --port")
        )
    return tuple(ports)


def pods_named(mesh: Mesh, name: str) -> tuple[Pod, ...]:
    """The pod of that name, or the pods of the workload. Raises BadCall for none."""
    pod = mesh.lookup(tables.PODS, name)
    if pod is not None:
        return (pod,)
    pods = tuple(each for each in all_pods(mesh) if workload_name(each) == name)
    if not pods:
        home, _, own = name.partition("/")
        names = {each.workload for each in all_pods(mesh) if each.namespace == home}
        near = get_close_matches(own, sorted(names), 1, 0.6)
        hint = f"did you mean {home}/{near[0]}?" if near else "`gossamer get pods -A` lists all"
        raise BadCall(f"there is no workload or pod {name}, so nothing can be said of it; {hint}")
    return pods


def all_pods(mesh: Mesh) -> list[Pod]:
    """Every pod of the mesh, by name."""
    table = tables.PODS.name
    pods = [value for key, value in mesh.facts.items() if key.table == table]
    return sorted(pods, key=lambda pod: str(pod.key))


def workload_name(pod: Pod) -> str:
    """`NAMESPACE/NAME` of what made the pod."""
    return f"{pod.namespace}/{pod.workload.rpartition('/')[2]}"


def _of_service(mesh: Mesh, name: str, port: int | None) -> Iterator[CalledPort]:
    """One pod of each workload behind the service, at each of its ports."""
    for service in _services(mesh, name):
        pods = [mesh.lookup(tables.PODS, key) for key in _members(mesh, service.host)]
        chosen = {workload_name(pod): pod for pod in reversed(pods) if pod is not None}
        for pod in sorted(chosen.values(), key=lambda pod: str(pod.key)):
            for each in service.ports:
                if port in (None, each.number) and each.protocol is not Protocol.UDP:
                    target = each.target
                    number = target if isinstance(target, int) else pod.port_named(target)
                    if number:
                        yield CalledPort(pod, number, each.number, each.protocol, service.host)


def _services(mesh: Mesh, name: str) -> list[Service]:
    namespace, _, own = name.partition("/")
    hosts = (f"{own}.{namespace}.svc.{CLUSTER_DOMAIN}", own)
    claims = [mesh.lookup(tables.SERVICES, host) or () for host in hosts]
    services = [each for claim in claims for each in claim if each.namespace == namespace]
    if not services:
        raise BadCall(
            f"there is no service {own} in namespace {namespace}, so nothing can be said of it; "
            "`gossamer get svc -A` lists all"
        )
    return services[:1]


def _members(mesh: Mesh, host: str) -> list[str]:
    return sorted(mesh.lookup(tables.MEMBERS, host) or ())


def _of_pod(mesh: Mesh, pod: Pod, port: int | None) -> Iterator[CalledPort]:
    """Its ports that services lead to, else those that its containers declare; or the one named."""
    known = {each.port: each for each in _known_ports(mesh, pod)}
    if port is not None:
        yield known.get(port) or CalledPort(pod, port, port)
    else:
        yield from known.values()


def _known_ports(mesh: Mesh, pod: Pod) -> Iterator[CalledPort]:
    if pod.role is ProxyRole.GATEWAY:
        yield from _of_gateway(mesh, pod)
        return
    view = view_of(mesh, pod, ResourceType.LISTENER, INBOUND)
    assert isinstance(view, InboundView)
    ports = served_ports(TrackedLookup(mesh), view)
    for number, each in ports.items():
        yield CalledPort(pod, number, number, each.port.protocol, each.service.host)
    if not ports:
        for declared in pod.ports:
            if declared.protocol == "TCP":
                yield CalledPort(pod, declared.number, declared.number)


def _of_gateway(mesh: Mesh, pod: Pod) -> Iterator[CalledPort]:
    view = view_of(mesh, pod, ResourceType.LISTENER, gateway_listener_name(0))
    assert isinstance(view, GatewayView)
    every = served(TrackedLookup(mesh), view)
    for number, protocol in sorted({(each.port, each.listener.protocol) for each in every}):
        yield CalledPort(pod, number, number, protocol)

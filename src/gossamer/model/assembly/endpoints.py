"""Who stands behind a service: its ready pods and the endpoints somebody declared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gossamer.model.traffic.service import (
    DeclaredEndpoints,
    Endpoint,
    Protocol,
    Service,
    ServicePort,
)
from gossamer.model.workload.pod import Pod, ProxyRole


def endpoints_of(
    service: Service | None, pods: Iterable[Pod], declared: Iterable[DeclaredEndpoints]
) -> tuple[Endpoint, ...]:
    """Endpoints in the order of their addresses; unready pods only where the service says so."""
    endpoints = [_joined(service, endpoint) for each in declared for endpoint in each.endpoints]
    if service is not None:
        ready = (pod for pod in pods if pod.ready or service.publish_not_ready)
        endpoints += [endpoint for pod in ready for endpoint in _of_pod(service, pod)]
    return tuple(sorted(endpoints, key=lambda endpoint: (endpoint.address, endpoint.ports)))


def _joined(service: Service | None, endpoint: Endpoint) -> Endpoint:
    """The endpoint with its named ports under the numbers that the service gives those names."""
    if service is None or not endpoint.named_ports:
        return endpoint
    dialled = dict(endpoint.named_ports)
    ports = tuple((p.number, dialled[p.name]) for p in _ports(service) if p.name in dialled)
    return replace(endpoint, ports=ports, named_ports=())


def _of_pod(service: Service, pod: Pod) -> Iterable[Endpoint]:
    pairs = ((port.number, target_of(port, pod)) for port in _ports(service))
    ports = tuple((number, target) for number, target in pairs if target is not None)
    if ports and pod.addresses:
        yield pod_endpoint(pod, ports)


def _ports(service: Service) -> list[ServicePort]:
    """Its ports, those of UDP first: of one number's, the last counts, which proxies carry."""
    return sorted(service.ports, key=lambda port: port.protocol is not Protocol.UDP)


def pod_endpoint(pod: Pod, ports: tuple[tuple[int, int], ...]) -> Endpoint:
    """A pod as an endpoint, called at its first address."""
    return Endpoint(
        address=pod.addresses[0],
        ports=ports,
        labels=pod.labels,
        pod=pod.key,
        workload=pod.workload,
        service_account=f"{pod.namespace}/{pod.service_account}",
        mtls=pod.role is ProxyRole.SIDECAR,  # a gateway ends no mesh TLS
        locality=pod.locality,
        plain_ports=tuple(sorted({to for _, to in ports if pod.meshed and not pod.captures(to)})),
    )


def target_of(port: ServicePort, pod: Pod) -> int | None:
    """The pod's port behind a service port; None where a named target is not among its ports."""
    return pod.port_named(port.target) if isinstance(port.target, str) else port.target

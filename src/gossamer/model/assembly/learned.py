"""What a service's undeclared ports turned out to speak, as the platform saw its pods do.

Only the application is believed: a caller that could teach would switch off the HTTP rules of all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from gossamer.model.assembly.endpoints import target_of
from gossamer.model.traffic.service import Protocol, Service, ServicePort
from gossamer.model.workload.pod import Pod


def learned(service: Service, pods: Collection[Pod]) -> Service:
    """The service with TCP for each undeclared port on which its pods speak first.

    Ready pods are asked, so that one that starts moves nothing; all pods where none is ready.
    """
    asked = [pod for pod in pods if pod.ready] or pods
    if not any(pod.greets for pod in asked):
        return service
    return replace(service, ports=tuple(_learned(port, asked) for port in service.ports))


def _learned(port: ServicePort, pods: Collection[Pod]) -> ServicePort:
    if port.protocol is Protocol.UNDECLARED and all(_greets(port, pod) for pod in pods):
        return replace(port, protocol=Protocol.TCP)
    return port


def _greets(port: ServicePort, pod: Pod) -> bool:
    return target_of(port, pod) in pod.greets

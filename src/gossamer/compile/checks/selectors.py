"""Selectors that match no pod, and services that nothing stands behind."""

from __future__ import annotations

from collections.abc import Iterator

from immutables import Map

from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.lookup.gateway_index import gateway_pods
from gossamer.model import tables
from gossamer.model.finding import Finding, Severity
from gossamer.model.ids import EVERYWHERE, ROOT_NAMESPACE, Dialect
from gossamer.model.origin import Origin
from gossamer.model.policies.workload.authorization import Authorization
from gossamer.model.policies.workload.jwt import Jwt
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.gateway import Gateway
from gossamer.model.traffic.service import Resolution, Service
from gossamer.model.workload.labels import Labels, selects
from gossamer.model.workload.pod import Pod
from gossamer.model.workload.workload_policy import WorkloadPolicy


def empty_services(read: TrackedLookup, subject: Subject, service: Service) -> Iterator[Finding]:
    """A service without possible endpoints, or without ready ones."""
    if service.resolution is not Resolution.ENDPOINTS or service.alias:
        return
    members = read.lookup(tables.MEMBERS, service.host) or frozenset()
    if service.selector and not members:
        place = subject.at("spec.selector", "spec.workloadSelector")
        yield _nothing(
            place, service.selector, service.namespace, "calls to it fail with status 503"
        )
    elif service.ports and not read.lookup(tables.ENDPOINTS, service.host):
        yield _not_ready(subject, service)


def unselected_gateways(
    read: TrackedLookup, subject: Subject, gateway: Gateway
) -> Iterator[Finding]:
    """A gateway that no gateway's pod serves."""
    if not gateway.selector or gateway_pods(read, gateway):
        return
    place = subject.at("spec.selector")
    homes = dict.fromkeys((gateway.namespace, ROOT_NAMESPACE))
    near = [pod for home in homes for pod in selected(read, home, gateway.selector)]
    if near:
        yield _no_gateway(place, gateway, near[0])
    else:
        where = EVERYWHERE if gateway.dialect is Dialect.ISTIO else gateway.namespace
        yield _nothing(place, gateway.selector, where, "nothing serves it", "gateway")


def _no_gateway(place: Origin, gateway: Gateway, pod: Pod) -> Finding:
    runs = "runs an application" if pod.meshed else "has no proxy of the mesh"
    return Finding(
        place,
        f"pods have the labels {_words(gateway.selector)}, such as {pod.key}, and none of them is "
        f"a gateway: {pod.key} {runs}",
        "nothing serves it",
        "Select the pods of a gateway (its one container has the image auto, or its template the "
        "annotation inject.istio.io/templates: gateway), or make one of these",
        "selector-matches-nothing",
        Severity.WARNING,
    )


def unselected_destinations(
    read: TrackedLookup, subject: Subject, destination: Destination
) -> Iterator[Finding]:
    """A destination for clients that are not there."""
    selector = destination.workload_selector
    if selector and not selected(read, destination.namespace, selector):
        place = subject.at("spec.workloadSelector", "spec.host")
        yield _nothing(place, selector, destination.namespace, "no client uses it")


def unselected_policies(
    read: TrackedLookup, subject: Subject, policy: WorkloadPolicy
) -> Iterator[Finding]:
    """A policy for workloads that are not there. One of the root namespace may select anywhere."""
    if policy.namespace == ROOT_NAMESPACE and holds_with_others(policy):
        return
    if policy.selector and not selected(read, policy.namespace, policy.selector):
        place = subject.at("spec.selector")
        yield _nothing(place, policy.selector, policy.namespace, "it has no effect")


def holds_with_others(policy: WorkloadPolicy) -> bool:
    """Whether it is of a kind of which all hold together, however many speak of a workload."""
    return any(type(value) in _TOGETHER for value in policy.policies)


_TOGETHER = (Authorization, Jwt)


def selected(read: TrackedLookup, namespace: str, selector: Labels) -> list[Pod]:
    """The pods of a namespace that carry all of some labels; at least one label is asked for."""
    key, value = selector[0]
    near: Map[str, None] = read.lookup(tables.PODS_BY_LABEL, f"{namespace} {key}={value}") or Map()
    pods = (read.lookup(tables.PODS, each) for each in near)
    return [pod for pod in pods if pod and selects(selector, pod.labels)]


def _words(selector: Labels) -> str:
    return ", ".join(f"{key}: {value}" for key, value in selector)


def _nothing(
    place: Origin, selector: Labels, namespace: str, effect: str, whose: str = "pod"
) -> Finding:
    where = "in the mesh" if namespace == EVERYWHERE else f"in the namespace {namespace}"
    return Finding(
        place,
        f"no {whose} {where} has the labels {_words(selector)}",
        effect,
        "Fix the labels in the selector, or those of the pods",
        "selector-matches-nothing",
        Severity.WARNING,
    )


def _not_ready(subject: Subject, service: Service) -> Finding:
    return Finding(
        subject.at(),
        f"{service.host} has no ready endpoint",
        "calls to it fail with status 503",
        "Start its pods, or find out why they are not ready (gossamer status)",
        "no-ready-endpoints",
        Severity.INFO,
    )

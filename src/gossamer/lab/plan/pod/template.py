"""Reads one pod template into a plan that lacks only its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from gossamer.lab.plan.documents import LabDocuments, Stanza
from gossamer.lab.plan.pod.command import Command, LabSettings, choose
from gossamer.lab.plan.pod.environment import read_env
from gossamer.lab.plan.pod.injection import is_gateway, is_injected, is_proxy_image
from gossamer.lab.plan.pod.pod import Container, ContainerPort, Mount, PodPlan, RestartPolicy
from gossamer.lab.plan.pod.probes import read_ports, read_pre_stop, read_probe
from gossamer.lab.plan.pod.standing_in import as_stand_in, put_otherwise, with_target_ports
from gossamer.lab.plan.pod.volumes import read_volumes
from gossamer.lab.plan.stand_ins.services import services_of
from gossamer.lab.plan.stand_ins.stand_in import StandInRole
from gossamer.model.finding import Finding, Severity

_PROBES = ("startup", "readiness", "liveness")
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
    running = (*(c for c in first if c.name in beside), *containers)
    if any(container.stand_in for container in running):
        behind = services_of(documents).behind(workload.namespace, labels)
        running = with_target_ports(running, behind)
    plan = replace(
        workload,
        labels=labels,
        annotations=annotations,
        service_account=_account(spec),
        default_container=_default(annotations, containers),
        containers=running,
        service_links=spec.value.get("enableServiceLinks") is not False,
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
    policy = spec.text("restartPolicy", "Always")
    return RestartPolicy(policy) if policy in set(RestartPolicy) else RestartPolicy.ALWAYS


def _containers(
    spec: Stanza, key: str, annotations: dict[str, str], settings: LabSettings
) -> Iterator[Container]:
    own = [c for c in spec.children(key) if not is_proxy_image(c.text("image"))]
    for index, stanza in enumerate(own):
        first = index == 0 and key == "containers"
        command = choose(stanza, annotations, first, settings)
        container = _container(stanza, command, settings)
        if command.is_stand_in:
            container = as_stand_in(container, command, _role(spec, stanza, key), settings.python)
        yield container


def _role(spec: Stanza, stanza: Stanza, key: str) -> StandInRole:
    """A Job's stand-in ends when it has called, an init container's at once."""
    if key == "initContainers" and stanza.text("restartPolicy") != "Always":
        return StandInRole.END
    lasting = _restart_policy(spec) is RestartPolicy.ALWAYS
    return StandInRole.SERVE if lasting else StandInRole.ONCE


def _container(stanza: Stanza, command: Command, settings: LabSettings) -> Container:
    declared = read_ports(stanza)
    ports = (*declared, *_more_ports(command, declared))
    pre_stop, pre_stop_sleep_s = read_pre_stop(stanza, ports)
    probes = {name: read_probe(stanza, f"{name}Probe", ports) for name in _PROBES}
    if command.ours:
        probes = {n: put_otherwise(p, ports, settings.runs_here) for n, p in probes.items()}
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
        pre_stop=pre_stop,
        pre_stop_sleep_s=pre_stop_sleep_s,
        words=(*stanza.texts("command"), *stanza.texts("args")),
        rule=command.rule.key if command.rule else "",
        startup=probes["startup"],
        readiness=probes["readiness"],
        liveness=probes["liveness"],
    )


def _more_ports(command: Command, declared: tuple[ContainerPort, ...]) -> Iterator[ContainerPort]:
    """Ports of lab.yaml that the manifest does not declare."""
    known = {port.number for port in declared}
    for number, kind in command.rule.ports if command.rule else ():
        if number not in known:
            yield ContainerPort(number, protocol=kind)


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

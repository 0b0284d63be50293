"""A pod as the control socket shows it."""

from __future__ import annotations

from gossamer.lab.holder.control.answers import (
    ContainerShape,
    LabPodShape,
    PlannedContainerShape,
    PlannedPortShape,
)
from gossamer.lab.holder.pods.container_run import iso
from gossamer.lab.holder.pods.container_runner import ContainerRunner
from gossamer.lab.holder.pods.pod_runner import PodRunner
from gossamer.lab.holder.pods.pod_status import restarts_of, status_word
from gossamer.lab.holder.pods.socket_tables import socket_tables
from gossamer.lab.plan.access.listening import loopback_ports
from gossamer.lab.plan.pod.pod import Container
from gossamer.lab.plan.rollout import Phase


def pod_shape(pod: PodRunner, pid: int | None) -> LabPodShape:
    """`pid` is a process of one of its containers that runs."""
    plan = pod.plan
    restarts, restarted = restarts_of(pod)
    proxy_ready = pod.proxy_ready and pod.phase in (Phase.RUNNING, Phase.ENDING)
    return LabPodShape(
        namespace=plan.namespace,
        name=plan.name,
        workload=plan.workload,
        kind=plan.kind,
        ip=pod.addresses[0],
        ips=list(pod.addresses),
        ready=pod.ready,
        phase=pod.phase.value,
        status=status_word(pod),
        reason=pod.reason,
        stuck=pod.stuck,
        created=iso(pod.created),
        restarts=restarts,
        restarted=restarted,
        ready_containers=sum(life.ready for life in pod.lives) + proxy_ready,
        total_containers=len(plan.containers) + pod.has_proxy,
        proxy=pod.has_proxy,
        proxy_ready=proxy_ready,
        injected=plan.injected,
        gateway=plan.gateway,
        service_account=plan.service_account,
        labels=dict(plan.labels),
        annotations=dict(plan.annotations),
        template=plan.template,
        default_container=plan.default_container,
        loopback_ports=list(loopback_ports(socket_tables(pid))),
        init_containers=[_container(each) for each in pod.init_lives],
        containers=[_container(each) for each in pod.lives],
        planned_init_containers=[_planned(each) for each in plan.init_containers],
        planned_containers=[_planned(each) for each in plan.containers],
    )


def _planned(plan: Container) -> PlannedContainerShape:
    return PlannedContainerShape(
        name=plan.name,
        image=plan.image,
        command=list(plan.argv) if plan.argv is not None else None,
        ports=[PlannedPortShape(p.number, p.name, p.protocol) for p in plan.ports],
    )


def _container(life: ContainerRunner) -> ContainerShape:
    return ContainerShape(
        name=life.plan.name,
        image=life.plan.image,
        state=life.state.value,
        ready=life.ready,
        restarts=life.restarts,
        reason=life.reason,
        log=str(life.process.log),
        run=life.run.shape() if life.run else None,
        last_run=life.last_run.shape() if life.last_run else None,
    )

"""Makes a container one that a stand-in runs for: its ports, and probes that it can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from gossamer.lab.plan.pod.command import Command
from gossamer.lab.plan.pod.pod import Container, ContainerPort
from gossamer.lab.plan.stand_ins.own_program import programs_of
from gossamer.lab.plan.stand_ins.services import KnownService
from gossamer.lab.plan.stand_ins.stand_in import StandInPlan, StandInRole
from gossamer.process.probes.probe import Probe, ProbeKind


def as_stand_in(
    container: Container, command: Command, role: StandInRole, python: str
) -> Container:
    """It listens on the declared ports and on those that its probes ask."""
    probes = (container.startup, container.readiness, container.liveness)
    listened = {port.number: port.protocol for port in container.ports if port.protocol != "SCTP"}
    for probe in probes:
        if probe is not None and probe.port:
            listened.setdefault(probe.port, "TCP")
    calls = command.rule.calls if command.rule else ()
    plan = StandInPlan(role, container.image, container.words, tuple(listened.items()), calls)
    startup, readiness, liveness = (_at_once(probe, container.ports) for probe in probes)
    return replace(
        container,
        argv=(python, "-P", "-m", "gossamer.apps", "stand-in"),
        cwd=None,
        startup=startup,
        readiness=readiness,
        liveness=liveness,
        pre_stop=None,
        pre_stop_sleep_s=0.0,
        stand_in=plan,
        rule=plan.key,
    )


def _at_once(probe: Probe | None, ports: Iterable[ContainerPort]) -> Probe | None:
    """Without the time that the application would need before it can be asked."""
    asked = put_otherwise(probe, ports)
    return None if asked is None else replace(asked, initial_delay_s=0.0)


def put_otherwise(
    probe: Probe | None,
    ports: Iterable[ContainerPort],
    runs_here: Callable[[str], bool] | None = None,
) -> Probe | None:
    """A probe that a stand-in cannot answer as it is asked: whether its port accepts, instead.

    That is a program, and HTTPS. With `runs_here`, programs of this machine are run.
    """
    if probe is None or not _cannot_be_asked(probe, runs_here):
        return probe
    port = probe.port or next((p.number for p in ports if p.protocol == "TCP"), 0)
    kind = ProbeKind.TCP if port else ProbeKind.NONE
    return replace(probe, kind=kind, port=port, command=(), scheme="http", headers=())


def _cannot_be_asked(probe: Probe, runs_here: Callable[[str], bool] | None) -> bool:
    if probe.kind is ProbeKind.EXEC:
        known = runs_here is not None and all(map(runs_here, programs_of(probe.command)))
        return bool(probe.command) and not known
    return probe.kind is ProbeKind.HTTP and probe.scheme == "https" and runs_here is None


def with_target_ports(
    containers: Iterable[Container], services: Iterable[KnownService]
) -> tuple[Container, ...]:
    """The first stand-in listens on what Services ask of the pod and no container declares."""
    listed = tuple(containers)
    first = next((c for c in listed if _serves(c)), None)
    if first is None or first.stand_in is None:
        return listed
    declared = {port.number for container in listed for port in container.ports}
    targets = {
        int(port.target): "UDP" if port.protocol.value == "UDP" else "TCP"
        for service in services
        for port in service.ports
        if port.target.isdigit() and int(port.target) not in declared
    }
    ports = tuple({**targets, **dict(first.stand_in.ports)}.items())
    serving = replace(first, stand_in=replace(first.stand_in, ports=ports))
    return tuple(serving if c is first else c for c in listed)


def _serves(container: Container) -> bool:
    return container.stand_in is not None and container.stand_in.role is StandInRole.SERVE

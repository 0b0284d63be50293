"""A pod's room: its folders, its mounts and the environment of its containers."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gossamer.agent.identity.workload_api.place import MOUNTED, socket_folder
from gossamer.lab.holder.pods.container_runner import Ask, ContainerRunner, Hear, is_question
from gossamer.lab.holder.pods.container_start import container_starts
from gossamer.lab.holder.pods.pod_context import BoundFolder, PodContext
from gossamer.lab.holder.pods.socket_tables import socket_tables
from gossamer.lab.plan.access.listening import open_ports
from gossamer.lab.plan.pod.environment import PodFacts, expand
from gossamer.lab.plan.pod.pod import Container, PodPlan
from gossamer.lab.plan.pod.resolv import hostname, hosts, resolv_conf
from gossamer.lab.plan.pod.resources import MachineSize
from gossamer.lab.plan.pod.volumes import Volume, contents
from gossamer.model.finding import Finding
from gossamer.process.private_files import private_folder
from gossamer.process.probes.ask import ProbeAnswer, ask, speaks_first
from gossamer.process.probes.probe import Probe
from gossamer.process.supervision.processes import Process

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


MOST_PORTS = 64
"""Of the ports that a pod listens on, as many are asked whether they speak first."""


@dataclass(frozen=True, slots=True)
class PodSandbox:
    """What the containers of a pod share; by container its variables, and words for its command."""

    mnt: Path
    address: str
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def facts_of(plan: PodPlan, addresses: tuple[str, ...]) -> PodFacts:
    return PodFacts(
        plan.namespace,
        plan.name,
        plan.service_account,
        plan.labels,
        plan.annotations,
        addresses,
        machine=_machine(),
    )


def _machine() -> MachineSize:
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return MachineSize(os.cpu_count() or 1, pages * page)


async def prepare(
    plan: PodPlan, addresses: tuple[str, ...], context: PodContext
) -> PodSandbox | str:
    """Make the room, or say what is missing for it."""
    everyone = (*plan.init_containers, *plan.containers)
    if unknown := [c.reason for c in everyone if c.argv is None]:
        return "; ".join(unknown)
    facts = facts_of(plan, addresses)
    starts = await container_starts(plan, facts, context)
    missing = [finding for start in starts.values() for finding in start.missing]
    missing += write_volumes(plan, addresses, context)
    if missing and not plan.only_stand_ins:
        return "; ".join(_told(finding) for finding in missing)
    mnt = await context.ground.prepare(
        plan.key,
        hosts(plan, addresses),
        resolv_conf(plan.namespace),
        hostname(plan),
        (*_bound(plan, context.folder(plan.key) / "volumes"), *_workload_api(plan, context)),
    )
    return PodSandbox(
        mnt,
        addresses[0],
        {name: start.variables for name, start in starts.items()},
        {name: start.words for name, start in starts.items()},
    )


def _told(finding: Finding) -> str:
    return f"{finding.message} ({finding.origin}). {finding.remedy}"


def write_volumes(plan: PodPlan, addresses: tuple[str, ...], context: PodContext) -> list[Finding]:
    """Bring the files of every volume up to date; what cannot be found is returned."""
    facts, missing = facts_of(plan, addresses), list[Finding]()
    for volume in plan.volumes:
        folder = context.folder(plan.key) / "volumes" / volume.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        held = contents(volume, facts, context.documents())
        missing += held.missing
        _replace(folder, held.files, volume)
    return missing


def _replace(folder: Path, files: Mapping[str, bytes], volume: Volume) -> None:
    """Write each file beside its place and move it there; files no longer named go."""
    if not volume.sources:
        return
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != content:
            fresh = target.with_name(f".{target.name}.new")
            fresh.write_bytes(content)
            os.replace(fresh, target)
    for stale in [f for f in folder.rglob("*") if f.is_file()]:
        if str(stale.relative_to(folder)) not in files:
            stale.unlink()


def clear(key: str, context: PodContext) -> None:
    """Remove a gone pod's volumes and the folder of its Workload API; its logs stay."""
    shutil.rmtree(context.folder(key) / "volumes", ignore_errors=True)
    shutil.rmtree(socket_folder(context.proxy_folder(key)), ignore_errors=True)


def out_of_the_pod(plan: PodPlan) -> str:
    """Which name of the pod's would lead out of its folder, in words; Kubernetes refuses these."""
    everyone = (*plan.init_containers, *plan.containers)
    names = {f"the container name {c.name!r}": c.name for c in everyone}
    names |= {f"the volume name {volume.name!r}": volume.name for volume in plan.volumes}
    for what, name in names.items():
        if not _LABEL.fullmatch(name):
            return f"{what} is not a valid DNS label. Use lower-case letters, digits and - only"
    for mount in (mount for container in everyone for mount in container.mounts):
        if mount.sub_path.startswith("/") or ".." in mount.sub_path.split("/"):
            return f"subPath {mount.sub_path!r} leads out of its volume. Use a relative path in it"
    return ""


def _bound(plan: PodPlan, folder: Path) -> Iterator[BoundFolder]:
    """Every mount of every container: the containers of a lab's pod share one mount namespace.

    What comes from ConfigMaps, Secrets and the pod's own fields is read-only, as in Kubernetes.
    """
    known, seen = {volume.name: volume for volume in plan.volumes}, set[str]()
    for container in (*plan.containers, *plan.init_containers):
        for mount in container.mounts:
            if mount.volume in known and mount.path not in seen:
                seen.add(mount.path)
                source = folder / mount.volume / mount.sub_path
                if not source.exists():
                    source.mkdir(parents=True)
                from_objects = bool(known[mount.volume].sources)
                yield BoundFolder(mount.path, source, mount.read_only or from_objects)


def _workload_api(plan: PodPlan, context: PodContext) -> Iterator[BoundFolder]:
    """The folder in which the agent listens for this pod alone. It is bound, not the socket: a
    restarted agent makes another one."""
    if plan.has_workload_api:
        folder = private_folder(socket_folder(context.proxy_folder(plan.key)))
        yield BoundFolder(MOUNTED, folder, True)


def container_runner(
    container: Container,
    plan: PodPlan,
    sandbox: PodSandbox,
    context: PodContext,
    changed: Callable[[], None],
) -> ContainerRunner:
    """The life of one container in its room."""
    variables = sandbox.variables[container.name]
    argv = [expand(argument, variables) for argument in container.argv or ()]
    argv += sandbox.words.get(container.name, ())
    entered = context.ground.enter(
        plan.key, argv, mnt=sandbox.mnt, drop=True, cwd=container.cwd or "/"
    )
    process = Process(
        f"container/{plan.key}/{container.name}",
        tuple(entered),
        variables,
        context.folder(plan.key) / f"{container.name}.log",
    )
    asks = _asks(container, plan, sandbox, context)
    return ContainerRunner(
        container,
        process,
        plan.restart_policy,
        context.runner,
        asks,
        changed,
        plan.backoff_limit,
        _hears(process.name, plan, sandbox, context),
        occurred=partial(context.note, plan.ref),
    )


def _hears(process: str, plan: PodPlan, sandbox: PodSandbox, context: PodContext) -> Hear:
    async def connect(port: int) -> socket.socket:
        return await context.ground.open_socket(plan.key, sandbox.address, port)

    async def hear(declared: Iterable[int]) -> frozenset[int]:
        listened = open_ports(socket_tables(context.runner.pid(process)))[:MOST_PORTS]
        ports = sorted({*declared, *listened})
        heard = await asyncio.gather(*(speaks_first(port, connect) for port in ports))
        return frozenset(port for port, greets in zip(ports, heard, strict=True) if greets)

    return hear


def _asks(container: Container, plan: PodPlan, sandbox: PodSandbox, context: PodContext) -> Ask:
    async def connect(port: int) -> socket.socket:
        return await context.ground.open_socket(plan.key, sandbox.address, port)

    async def put(probe: Probe) -> ProbeAnswer:
        if is_question(probe):
            return await ask(probe, sandbox.address, connect)
        return await _run(probe, container, plan, sandbox, context)

    return put


async def _run(
    probe: Probe, container: Container, plan: PodPlan, sandbox: PodSandbox, context: PodContext
) -> ProbeAnswer:
    """An exec probe: run its command where the container runs, and see how it ends."""
    name = f"exec/{plan.key}/{container.name}/{abs(hash(probe)):x}"
    variables = sandbox.variables[container.name]
    argv = context.ground.enter(
        plan.key, probe.command, mnt=sandbox.mnt, drop=True, cwd=container.cwd or "/"
    )
    process = Process(name, tuple(argv), variables, context.folder(plan.key) / "exec.log")
    exited = await context.runner.start(process)
    try:
        async with asyncio.timeout(probe.timeout_s):
            status = await asyncio.shield(exited)
    except TimeoutError:
        await context.runner.stop(name, 9, 0.0)
        return ProbeAnswer(False, f"command {probe.command} took over {probe.timeout_s:g} s")
    return ProbeAnswer(status == 0, f"command {probe.command} exited with status {status}")

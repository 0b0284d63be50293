"""The lab, put together: starts everything, keeps it going, takes it down."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from gossamer.capture.banned import BannedConnections
from gossamer.contract.ports import EGRESS_PORT
from gossamer.dns.lookup import RESOLVERS, by_host
from gossamer.lab.edge import EdgeSide
from gossamer.lab.files import Files
from gossamer.lab.holder.agent_link import AgentLink
from gossamer.lab.holder.controller import Controller
from gossamer.lab.holder.events import Events
from gossamer.lab.holder.history.document_changes import document_changes
from gossamer.lab.holder.history.occurrences import Occurrences
from gossamer.lab.holder.history.revisions import TemplateHistory
from gossamer.lab.holder.host_ports import HostPorts
from gossamer.lab.holder.plane_link import DocumentLink
from gossamer.lab.holder.pods import programs
from gossamer.lab.holder.pods.log_times import LOOK_S, LogTimes
from gossamer.lab.holder.pods.pod_context import PodContext
from gossamer.lab.holder.pods.pod_network import TOOLS, LabNetwork
from gossamer.lab.holder.pods.reason import reason_of
from gossamer.lab.holder.port_forwards import PortForwards
from gossamer.lab.holder.runner import LabRunner
from gossamer.lab.holder.service_addresses import ServiceAddresses
from gossamer.lab.holder.translation import Translation
from gossamer.lab.home import LabFolder
from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.world.dying import dying
from gossamer.lab.world.world import World
from gossamer.plane.api.shapes import FindingShape, ObjectName, ServiceShape, finding_shape
from gossamer.plane.client import PlaneClient, PlaneRefused
from gossamer.process.event_log import EventLog
from gossamer.process.shape import as_words, of_shape
from gossamer.process.signals import on_end_signal
from gossamer.process.supervision.ledger import Ledger
from gossamer.process.supervision.logfile import last_line
from gossamer.process.supervision.processes import Process, Processes

log = EventLog("gossamer.lab")

RESOLVER_PORT = 53
RESOLV_CONF = Path("/etc/resolv.conf")
SYNC_LIMIT_S = 10.0
"""How long the end of a pod waits for proxies to hold the news; a frozen one must not stop it."""

END_S = 1.0
"""The longest grace of a pod or program when the whole lab goes down."""

PLANE_FALLS = 3
"""A control plane that ended this often before it first answered is given up; the lab ends."""


class Holder:
    """One running lab."""

    def __init__(
        self, folder: LabFolder, files: Files, settings: LabSettings, client: PlaneClient
    ) -> None:
        self.folder = folder
        self.files = files
        self.events = Events()
        self.occurrences = Occurrences()
        self.log_times = LogTimes()
        self.history = TemplateHistory()
        self.port_forwards = PortForwards(folder.edge, folder.proxy, HostPorts(folder.host_ports))
        self.plane = DocumentLink(client)
        self.agent = AgentLink(folder.agent_socket)
        self.runner = LabRunner(
            Processes(launched_as=dying, ledger=Ledger(folder.ledger), on_exit=self._ended)
        )
        self.documents = LabDocuments(())
        self.addresses = ServiceAddresses()
        self.world: World | None = None
        self.controller: Controller | None = None
        self.plane_stopped = False
        self.applied = False
        self.given: list[ObjectName] = []  # what the last `up` had in its files
        self._settings = settings
        self._falls = 0
        self._plane_hopeless = asyncio.Event()
        self._documents_news = asyncio.Condition()
        self._down = asyncio.Event()

    async def run(self) -> None:
        """Live until `down`; everything that was started is gone afterwards."""
        on_end_signal(self._down.set)
        lab = asyncio.create_task(self._live(), name="lab")
        down = asyncio.create_task(self._down.wait(), name="down")
        try:
            await asyncio.wait((lab, down), return_when=asyncio.FIRST_COMPLETED)
            if lab.done() and not lab.cancelled() and (error := lab.exception()):
                log.exception("lab-failed", error)
                self.events.tell("failed", message=reason_of(error))
        finally:
            lab.cancel()
            await asyncio.wait((lab,))
            down.cancel()
            await self._take_down()

    def go_down(self) -> None:
        """End the lab; `run` returns when all is gone."""
        self._down.set()

    async def _live(self) -> None:
        self._say("starting the world and the control plane")
        await self.runner.start(programs.plane(self.folder))
        world = self.world = await World.start(self.folder.root)
        self.controller = self._controller(world)
        programs.write_shims(self.folder.bin)
        self.port_forwards.follow(self.documents, ())
        await self._start_edges(world)
        await world.set_egress(EGRESS_PORT)
        await self._start_resolver(world)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._world_stands(world))
            group.create_task(self._plane_begins())
            await self._bring_plane()
            await self.runner.start(programs.agent(self.folder))
            for work in self._endless(world, self.controller):
                group.create_task(work)

    def _endless(self, world: World, controller: Controller) -> tuple[Any, ...]:
        look_up = by_host(os.environ.get(RESOLVERS, ""), RESOLV_CONF)
        translation = Translation(world.set_vips, look_up)
        return (
            self.agent.run(),
            controller.run(),
            controller.run_schedules(),
            self._look_at_logs(controller),
            self.plane.observe(controller.observations),
            self.plane.watch_documents(self._take_documents),
            self.plane.watch_services(self._take_services(translation)),
            self.plane.watch_bans(BannedConnections(world.end_connections).follow),
            translation.run(),
        )

    def _take_services(
        self, translation: Translation
    ) -> Callable[[list[ServiceShape]], Awaitable[None]]:
        async def take(services: list[ServiceShape]) -> None:
            await self.addresses.follow(services)
            await translation.follow(services)

        return take

    async def _look_at_logs(self, controller: Controller) -> None:
        while True:
            runs = (each.process.log for life in controller.lives for each in life.everyone)
            self.log_times.look(runs)
            await asyncio.sleep(LOOK_S)

    def _controller(self, world: World) -> Controller:
        context = PodContext(
            ground=LabNetwork(world, (str(self.folder.root.parent.parent),), self.folder.bin),
            runner=self.runner,
            proxies=self.agent,
            documents=lambda: self.documents,
            documents_changed=self._until_documents_change,
            on_change=self._told,
            addresses=self.addresses.of,
            folder=self.folder.pod,
            proxy_folder=self.folder.proxy,
            base_env=programs.pod_environment(os.environ, TOOLS),
            note=self.occurrences.note,
        )
        return Controller(context, self._settings, self._pods_changed)

    async def _start_edges(self, world: World) -> None:
        await self.runner.start(programs.edge(self.folder, EdgeSide.OUTER))
        inner = programs.edge(self.folder, EdgeSide.INNER)
        await self.runner.start(_inside(inner, world.enter(None, inner.argv)))

    async def _start_resolver(self, world: World) -> None:
        user = Path(f"/proc/{world.pid}/ns/user") if os.geteuid() else None
        listen = [f"10.244.0.1:{RESOLVER_PORT}"]
        if not world.without_ipv6:
            listen.append(f"[fd00:10:244::1]:{RESOLVER_PORT}")
        process = programs.resolver(self.folder, world.network(None), user, tuple(listen))
        await self.runner.start(process)

    async def _world_stands(self, world: World) -> None:
        await world.gone.wait()
        raise RuntimeError("the world's process ended, and every pod with it; the lab goes down")

    async def _plane_begins(self) -> None:
        await self._plane_hopeless.wait()
        path = self.folder.log("plane")
        raise RuntimeError(
            f"the control plane ended {self._falls} times before it answered; its last "
            f"output was: {last_line(path) or 'nothing'}; the lab goes down; its log is {path}"
        )

    async def _bring_plane(self) -> None:
        await self.plane.until_up()
        self._say("applying the manifests")
        try:
            applied = await self.plane.apply(self.files.manifests)
        except PlaneRefused as refused:
            self._tell_findings(of_shape(refused.findings, list[FindingShape]))
            raise
        self._tell_findings(applied.findings)
        self.given = [object_name(each.object) for each in applied.applied]
        self.events.tell("applied", refused=applied.refused)
        self.applied = True
        self._say("starting the pods")

    def _tell_findings(self, findings: Iterable[FindingShape]) -> None:
        for each in findings:
            subject = f"{each.object} {each.field} {each.message}"
            self.events.tell("finding", subject, **as_words(each))

    def _say(self, text: str) -> None:
        log.info("step", text=text)
        self.events.tell("step", text=text)

    def _take_documents(self, documents: LabDocuments) -> None:
        for event in document_changes(self.documents, documents):
            self.occurrences.note(*event)
        self.documents = documents
        self.history.follow(documents)
        if self.controller:
            self.controller.documents_changed()
        asyncio.get_running_loop().create_task(self._documents_told())

    async def _documents_told(self) -> None:
        async with self._documents_news:
            self._documents_news.notify_all()

    async def _until_documents_change(self) -> None:
        async with self._documents_news:
            await self._documents_news.wait()

    async def _told(self) -> None:
        """A pod is out of every load balancer: the plane knows, and the proxies hold it."""
        await self.plane.until_told()
        await self.agent.until_synced(SYNC_LIMIT_S)

    def _pods_changed(self) -> None:
        if not self.controller or self._down.is_set():
            return
        self.plane.pods_changed()
        self.port_forwards.follow(self.documents, self.controller.lives)
        for life in self.controller.lives:
            words = {"ready": life.ready, "reason": life.reason, "phase": life.phase.value}
            self.events.tell("pod", life.key, workload=life.plan.workload, **words)
        self._tell_findings(map(finding_shape, self.controller.findings))
        if self.ready:
            self.events.tell("ready", gateways=self.port_forwards.gateways)
        elif self.applied and self.controller.stuck:
            stuck = {life.key: life.reason for life in self.controller.stuck}
            self.events.tell("stuck", pods=stuck)

    @property
    def ready(self) -> bool:
        """Whether everything that was asked for stands."""
        return bool(self.applied and self.controller and self.controller.all_ready)

    def _ended(self, name: str, status: int) -> None:
        """A process of the lab ended; it is started again where that was asked for."""
        kind, _, key = name.partition("/")
        if kind == "envoy" and self.controller:
            self.controller.proxy_fell(key)
        if kind != "exec":
            log.info("process-ended", process=name, status=status)
        held_down = name == "plane" and self.plane_stopped
        if name in programs.OWN and not held_down and not self._down.is_set():
            self._own_fell(name, status)

    def _own_fell(self, name: str, status: int) -> None:
        """One of our own programs exited unexpectedly: a watched start reports its last words."""
        last = last_line(self.folder.log(name))
        self.events.tell("fell", name, status=status, said=last)
        self._falls += name == "plane" and not self.applied
        if self._falls >= PLANE_FALLS and not self.applied:
            self._plane_hopeless.set()

    async def stop_plane(self) -> None:
        """Hold the plane down, for a drill."""
        self.plane_stopped = True
        await self.runner.stop("plane", signal.SIGTERM, END_S)

    async def start_plane(self) -> None:
        """Let the plane come back."""
        if self.plane_stopped:
            self.plane_stopped = False
            await self.runner.start(programs.plane(self.folder))
        await self.plane.until_up()

    async def _take_down(self) -> None:
        self._say("going down")
        await self.plane.release()
        self.agent.close()
        await self.runner.stop("agent", signal.SIGTERM, END_S)
        if self.controller:
            await self.controller.end_all(END_S)
        await self.runner.close(END_S)
        self.plane.close()
        if self.world:
            await self.world.close()
        self.port_forwards.close()
        self.events.close()


def object_name(shown: str) -> ObjectName:
    """Of `Kind namespace/name`, or `Kind name` where it has no namespace."""
    kind, _, rest = shown.partition(" ")
    namespace, _, name = rest.rpartition("/")
    return ObjectName(kind, name, namespace)


def _inside(process: Process, argv: list[str]) -> Process:
    return replace(process, argv=tuple(argv))

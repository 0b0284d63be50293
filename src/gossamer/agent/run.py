"""The agent at work: join, remember, serve proxies, until asked to end.

Ending leaves every Envoy running: the next agent takes them up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gossamer.agent.control import open_control, operations
from gossamer.agent.host.dns_records import NamesSession, TableWriter
from gossamer.agent.host.open_policy import OpenPolicyFiles, PolicySession, run_when_needed
from gossamer.agent.host.stream import host_stream
from gossamer.agent.identity.trust import TrustFollower
from gossamer.agent.launcher import Launcher
from gossamer.agent.link import PlaneLink, wait_for_join
from gossamer.agent.plan import DesiredPod
from gossamer.agent.proxies import HostProxies
from gossamer.agent.proxy import ProxyHost
from gossamer.agent.relay.cache import Cache
from gossamer.agent.relay.host import HostRelay
from gossamer.envoy.admin import Admin
from gossamer.process.clock import WallClock
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import private_folder
from gossamer.process.signals import on_end_signal
from gossamer.telemetry.shapes import CountsReport
from gossamer.xds.frame import Resource

NAMES_CACHE = "names.cache"

log = EventLog("gossamer.agent")

Scraped = Callable[[], tuple[tuple[DesiredPod, Admin], ...]]
"""The pods that have a proxy now, each with its admin socket."""

Report = Callable[[CountsReport], Awaitable[None]]
"""Hands counts to the plane; raises PlaneAway if it did not take them."""

ScrapeLoop = Callable[[Scraped, Report], Awaitable[None]]
"""Reads proxies' counters and reports them, until cancelled."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """Where the agent keeps, finds and tells things.

    `plane` is a gRPC target (`unix:PATH` or `HOST:PORT`), `resolver` the `IP:PORT` that proxies
    ask for hosts outside (empty: the system's own); the others are paths.
    """

    state: Path
    plane: str
    control: Path
    join: Path
    names: Path
    envoy: Path
    launcher: Launcher
    resolver: str = ""


async def run(settings: AgentSettings, scrape_loops: tuple[ScrapeLoop, ...] = ()) -> None:
    """Be this host's agent until SIGTERM or SIGINT. Raises NoControl, NoEnvoy."""
    ended = _end_asked_for()
    clock = WallClock()
    private_folder(settings.state)
    log.info("waiting-for-join", file=str(settings.join))
    join = asyncio.ensure_future(wait_for_join(settings.join, clock))
    if not await _first(join, ended):
        return
    link = PlaneLink(settings.plane, settings.join, join.result())
    async with AsyncExitStack() as open_:
        open_.push_async_callback(link.close)
        proxies = await _serve(settings, link, clock, open_)
        follower = TrustFollower(link, proxies.state, proxies.trust_changed)
        loops = [link.keep(clock), follower.run(clock), *_name_loops(settings, link)]
        loops += _policy_loops(settings, link, clock)
        loops += [scrape(proxies.scraped, link.report) for scrape in scrape_loops]
        await _until_ended(loops, ended)
    log.info("agent-ended")


async def _serve(
    settings: AgentSettings, link: PlaneLink, clock: WallClock, open_: AsyncExitStack
) -> HostProxies:
    """Proxies as they were remembered, and the socket on which they are changed."""

    def own(pod: str) -> Resource | None:
        return proxies.secret(pod)

    async def pid_of(pod: str) -> int | None:
        return await proxies.pid_of(pod)

    relay = HostRelay(settings.state, link.channel, own, pid_of)
    open_.push_async_callback(relay.close)
    host = ProxyHost(
        settings.state, settings.envoy, relay, settings.launcher, link, clock, settings.resolver
    )
    proxies = HostProxies(host)
    open_.push_async_callback(proxies.close)
    proxies.remember()
    control = await open_control(operations(proxies), settings.control)
    open_.callback(control.close)
    return proxies


def _name_loops(settings: AgentSettings, link: PlaneLink) -> list[Awaitable[None]]:
    """The stream of names, and what writes them down."""
    session = NamesSession(lambda: writer.stir(), Cache(settings.state / NAMES_CACHE))
    writer = TableWriter(settings.names, session.table)
    return [host_stream(link, session).run(), writer.run()]


def _policy_loops(
    settings: AgentSettings, link: PlaneLink, clock: WallClock
) -> list[Awaitable[None]]:
    """The stream of Rego, and the process that decides by it."""
    files = OpenPolicyFiles(settings.state)
    session = PolicySession(files)
    deciding = run_when_needed(files, session.needed, settings.launcher, clock)
    return [host_stream(link, session).run(), deciding]


async def _until_ended(loops: list[Awaitable[None]], ended: asyncio.Event) -> None:
    """Run all; return when asked to end; raise what one of them raised."""
    running = [asyncio.ensure_future(loop) for loop in loops]
    waiting = asyncio.ensure_future(ended.wait())
    done, rest = await asyncio.wait([*running, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for task in done:
        task.result()


async def _first(join: asyncio.Future[Any], ended: asyncio.Event) -> bool:
    """Whether the join came before the end."""
    waiting = asyncio.ensure_future(ended.wait())
    await asyncio.wait([join, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not join.done():
        join.cancel()
    return join.done()


def _end_asked_for() -> asyncio.Event:
    ended = asyncio.Event()
    on_end_signal(ended.set)
    return ended

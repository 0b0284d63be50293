"""The agent's counting: read every proxy each second or so, keep totals, tell the plane.

What is counted outlives restarts of Envoys and of the agent. A plane that was away gets
everything when it is back.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Protocol

import msgspec

from gossamer.envoy.admin import Admin, AdminSilent
from gossamer.model.workload.workload_labels import WorkloadLabels
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_atomic
from gossamer.telemetry.edge import NOTHING, Counts, Edge
from gossamer.telemetry.label_set import Owner
from gossamer.telemetry.live import (
    HOSTS_PATH,
    Dump,
    LiveStreams,
    as_known,
    dump_path,
    edges_under_way,
    read_dump,
    read_hosts,
)
from gossamer.telemetry.metrics_socket import MetricsSocket
from gossamer.telemetry.plan import COUNTERS_PATH, DURATIONS_PATH, Reading, read
from gossamer.telemetry.prometheus import exposition
from gossamer.telemetry.report import Reporter
from gossamer.telemetry.shapes import CountsReport, TallyShape
from gossamer.telemetry.tally import Tally

SECONDS = 1.0
"""Between two readings of all proxies."""

SECONDS_A_PROXY = 0.02
"""With many proxies, readings are further apart: a reading costs host and Envoys 4 ms a proxy."""

SAVE_EVERY = 5
"""Readings between two writings; a loss only if an Envoy ends together with the agent."""

AT_ONCE = 16
"""Proxies read at the same time."""

PATIENCE = 1.0
"""Seconds for an answer; an Envoy that hangs must not hold up the others' counts."""

log = EventLog("gossamer.telemetry")


class ScrapedPod(Protocol):
    """What is to be known of a pod that has a proxy."""

    @property
    def key(self) -> str:
        """`NAMESPACE/POD`."""

    @property
    def namespace(self) -> str:
        """Its namespace."""

    @property
    def workload(self) -> str:
        """The name of what made it."""

    @property
    def spiffe(self) -> object:
        """Its identity, which prints as a SPIFFE id."""

    @property
    def names(self) -> WorkloadLabels:
        """What it calls itself."""


Scraped = Callable[[], Sequence[tuple[ScrapedPod, Admin]]]
Report = Callable[[CountsReport], Awaitable[None]]
Wait = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Proxy:
    """A proxy that is read."""

    owner: Owner
    admin: Admin
    streams: LiveStreams = field(default_factory=LiveStreams)
    dump: Dump = field(default_factory=Dump)
    live: Mapping[Edge, Counts] = field(default_factory=dict)


class Scraper:
    """Reads, keeps, tells. `away` is what `report` raises when the plane did not take it."""

    def __init__(self, folder: Path, wait: Wait, away: type[Exception]) -> None:
        self._file = folder / "counts.json"
        self._socket = folder / "metrics.sock"
        self._wait = wait
        self._away = away
        self._proxies: dict[str, _Proxy] = {}
        self._tally = _recalled(self._file)
        self._reporter = Reporter(self._tally.epoch)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._told_away = False
        self._changed = False

    async def run(self, scraped: Scraped, report: Report) -> None:
        """Until cancelled."""
        async with AsyncExitStack() as open_:
            await self._read_first(scraped)
            metrics = MetricsSocket(
                self._socket, lambda: exposition(self._tally.lines, self._tally.evidence)
            )
            await metrics.open()
            open_.callback(metrics.close)
            open_.callback(lambda: self._write(self._text()))
            for turn in count(1):
                await self._turn(scraped, report)
                if turn % SAVE_EVERY == 0 and self._changed:
                    self._changed = False
                    await asyncio.to_thread(self._write, self._text())
                await self._wait(max(SECONDS, SECONDS_A_PROXY * len(self._proxies)))

    async def _read_first(self, scraped: Scraped) -> None:
        """Catch up with the proxies before anyone scrapes: no counter is reported smaller again."""
        try:
            await self.read_all(scraped())
        except Exception as error:  # a mistake in counting must not end the agent
            log.exception("counting-failed", error=repr(error))

    async def _turn(self, scraped: Scraped, report: Report) -> None:
        try:
            await self.read_all(scraped())
            await self._tell(report)
        except Exception as error:  # a mistake in counting must not end the agent
            log.exception("counting-failed", error=repr(error))

    async def read_all(self, scraped: Sequence[tuple[ScrapedPod, Admin]]) -> None:
        """Read every proxy once, those that are ending too, until they are silent."""
        wanted = {pod.key: _proxy(pod, admin) for pod, admin in scraped}
        for key, proxy in wanted.items():
            if key not in self._proxies or self._proxies[key].owner != proxy.owner:
                self._proxies[key] = proxy
        answers = await asyncio.gather(*(self._read(*each) for each in self._proxies.items()))
        for key, answered in zip(list(self._proxies), answers, strict=True):
            if not answered and key not in wanted:
                self._settle(self._proxies.pop(key))
                self._tally.forget(key)
        self._reporter.count(self._edges(), self._tally.evidence)

    async def _read(self, pod: str, proxy: _Proxy) -> bool:
        """Read one proxy; whether it answered."""
        async with self._slots:
            try:
                reading = await _reading(proxy.admin)
                if self._tally.restarted(pod, reading):
                    self._settle(proxy)
                self._tally.take(pod, proxy.owner, reading, self._owner_of)
                proxy.live = await _live(proxy, reading)
            except AdminSilent:
                return False
            except (ValueError, KeyError, TypeError) as error:
                log.warning("counts-unreadable", pod=pod, reason=repr(error))
        return True

    def _settle(self, proxy: _Proxy) -> None:
        """An Envoy is gone, and with it the streams that it would have logged at their end."""
        for edge, counts in proxy.live.items():
            self._tally.settle(edge, counts)
        proxy.live, proxy.streams, proxy.dump = {}, LiveStreams(), Dump()

    def _owner_of(self, peer: str) -> Owner | None:
        """Who `POD.NAMESPACE` is, if its proxy is read here."""
        name, _, namespace = peer.rpartition(".")
        proxy = self._proxies.get(f"{namespace}/{name}")
        return proxy.owner if proxy else None

    def _edges(self) -> dict[Edge, Counts]:
        """Totals, with what is under way."""
        ended = self._tally.edges()
        edges = dict(ended)
        for proxy in self._proxies.values():
            for edge, counts in proxy.live.items():
                known = as_known(edge, ended)
                edges[known] = edges.get(known, NOTHING).plus(counts)
        return edges

    async def _tell(self, report: Report) -> None:
        report_now = self._reporter.report()
        self._changed = self._changed or bool(report_now.edges or report_now.evidence)
        try:
            await report(report_now)
        except self._away as error:
            self._reporter.refused()
            if not self._told_away:
                log.warning("counts-not-taken", reason=str(error))
            self._told_away = True
        else:
            self._reporter.acknowledged()
            self._told_away = False

    def _text(self) -> bytes:
        return msgspec.json.encode(self._tally.shape())

    def _write(self, text: bytes) -> None:
        try:
            write_atomic(self._file, text)
        except OSError as error:
            log.warning("counts-not-written", file=str(self._file), reason=str(error))


def _proxy(pod: ScrapedPod, admin: Admin) -> _Proxy:
    owner = Owner(f"{pod.namespace}/{pod.workload}", str(pod.spiffe), pod.names)
    return _Proxy(owner, replace(admin, timeout=PATIENCE))


async def _reading(admin: Admin) -> Reading:
    counters = await admin.answer(COUNTERS_PATH)
    now = time.time()  # Envoy's uptime is by the wall clock as well
    reading = read(counters.body.decode(), await admin.get(DURATIONS_PATH))
    return replace(reading, began=round(now - reading.uptime), pid=counters.pid)


async def _live(proxy: _Proxy, reading: Reading) -> Mapping[Edge, Counts]:
    """Bytes under way by edge; Envoy is asked more only if there are enough of them."""
    rest = proxy.streams.under_way(reading)
    if not rest:
        return {}
    hosts = [h for h in read_hosts(await proxy.admin.get(HOSTS_PATH)) if h.counted_as in rest]
    if any(host.connections and not proxy.dump.tells_of(host) for host in hosts):
        names = {host.cluster for host in hosts}
        proxy.dump = read_dump(await proxy.admin.get(dump_path(names)))
    for host in hosts:
        proxy.streams.protocols[host.counted_as] = proxy.dump.protocol(host)
    return edges_under_way(rest, hosts, proxy.dump, proxy.owner.workload)


def _recalled(file: Path) -> Tally:
    """What was written down, or a new counting."""
    try:
        return Tally.of(msgspec.json.decode(file.read_bytes(), type=TallyShape))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, RecursionError) as error:
        log.warning("counts-forgotten", file=str(file), reason=repr(error))
    return Tally(secrets.token_hex(8))

"""The mesh's names, from the plane to the resolver: one table file, replaced as a whole.

The resolver is a process apart and reads only the file, so names outlive agent and plane.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from gossamer.agent.host.stream import HostStream
from gossamer.agent.relay.cache import Cache
from gossamer.contract.type_urls import NAMES
from gossamer.process.event_log import EventLog
from gossamer.process.private_files import write_private
from gossamer.process.shape import as_words
from gossamer.xds.frame import DiscoveryRequest, DiscoveryResponse, Resource, body_of

SCHEMA = 1

log = EventLog("gossamer.agent")

Send = Callable[[Iterable[DiscoveryRequest]], None]


class ServiceTarget(Struct, frozen=True):
    """Where a service's name (SRV) leads."""

    target: str
    port: int


class NameEntry(Struct, frozen=True):
    """A name of the mesh with its addresses, or an alias of another (`cname`)."""

    host: str
    cname: str | UnsetType = UNSET
    addresses: list[str] | UnsetType = UNSET
    services: dict[str, list[ServiceTarget]] = {}


class NamesSession:
    """A client of the Names type: takes every resource, and tells when the table changed.

    What it holds is kept on disk, so that a restarted agent is told what changed and no more.
    """

    def __init__(self, changed: Callable[[], None], cache: Cache) -> None:
        self._changed = changed
        self._cache = cache
        self._held: dict[str, tuple[str, NameEntry]] = {}
        self._stream: HostStream | None = None
        for resource in cache.resources().get(NAMES, {}).values():
            self._take(resource)

    def attach(self, stream: HostStream) -> None:
        """Where acknowledgements go."""
        self._stream = stream

    def table(self) -> bytes:
        """The table as the resolver reads it; equal names give equal bytes."""
        table: dict[str, Any] = {"version": SCHEMA, "names": {}, "services": {}, "aliases": {}}
        for _, entry in self._held.values():
            if entry.cname is not UNSET:
                table["aliases"][entry.host] = entry.cname
            else:
                table["names"][entry.host] = entry.addresses
                table["services"].update(as_words(entry)["services"])
        return (json.dumps(table, indent=0, sort_keys=True) + "\n").encode()

    def opening(self) -> Iterable[DiscoveryRequest]:
        """All names; of those held only what changed comes again."""
        versions = {name: version for name, (version, _) in self._held.items()}
        return (DiscoveryRequest(NAMES, subscribe=("*",), initial=versions),)

    def opened(self) -> None:
        """The plane accepted the stream."""
        log.info("names-connected")

    def received(self, response: DiscoveryResponse) -> None:
        """Take what came; an entry that cannot be read is refused and the old one stays."""
        unread = [each.name for each in response.resources if not self._take(each)]
        for name in response.removed:
            self._held.pop(name, None)
        self._keep(response)
        error = f"these names cannot be read: {', '.join(unread)}" if unread else None
        if self._stream:
            answer = DiscoveryRequest(response.type_url, nonce=response.nonce, error=error)
            self._stream.send((answer,))
        self._changed()

    def lost(self, reason: str) -> None:
        """The stream ended; what is held stays in force."""
        log.info("names-lost", reason=reason)

    def _keep(self, response: DiscoveryResponse) -> None:
        """On disk; one that refuses costs a restarted agent the whole table, and nothing else."""
        changes: list[tuple[str, str, Resource | None]]
        changes = [(NAMES, name, None) for name in response.removed]
        for each in response.resources:
            held = self._held.get(each.name)
            if held is None or held[0] == each.version:
                changes.append((NAMES, each.name, each if held else None))
        try:
            self._cache.write(changes)
        except OSError as error:
            log.warning("names-not-kept", reason=str(error))

    def _take(self, resource: Resource) -> bool:
        body = body_of(resource)
        if body is None:
            self._held.pop(resource.name, None)
            return True
        try:
            self._held[resource.name] = (resource.version, _read_entry(body))
        except (ValueError, RecursionError):
            return False
        return True


def _read_entry(body: bytes) -> NameEntry:
    """Raises ValueError for what is not an entry."""
    entry = msgspec.json.decode(body, type=NameEntry)
    if entry.cname is not UNSET:
        return entry
    if entry.addresses is UNSET:
        raise ValueError("it has neither addresses nor a cname")
    return structs.replace(entry, addresses=[str(ip_address(each)) for each in entry.addresses])


class TableWriter:
    """Writes the newest table; changes that come during a write are one write together."""

    def __init__(self, path: Path, table: Callable[[], bytes]) -> None:
        self._path = path
        self._table = table
        self._stirred = asyncio.Event()
        self._written: bytes | None = None

    def stir(self) -> None:
        """There may be something new to write."""
        self._stirred.set()

    async def run(self) -> None:
        """Write whenever stirred and different, until cancelled."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            table = self._table()
            if table != self._written:
                await asyncio.to_thread(write_private, self._path, table)
                self._written = table

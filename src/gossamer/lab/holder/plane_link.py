"""Speaks to the plane: documents and services by long poll, observations whenever they change.

The client blocks, so every call has a thread. A plane that is away is asked again and again;
pods go on with what was known last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from gossamer.lab.plan.documents import READ, LabDocument, LabDocuments
from gossamer.plane.api.answers import Applied
from gossamer.plane.api.bans import BansShape
from gossamer.plane.api.shapes import (
    Documents,
    DocumentShape,
    PodSeen,
    Services,
    ServiceShape,
)
from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable
from gossamer.process.event_log import EventLog
from gossamer.process.shape import WrongShape, as_words, of_shape

log = EventLog("gossamer.lab")

SOURCE = "lab"
LEASE_S = 30.0
RENEW_S = 10.0
POLL_S = 20.0
AGAIN_S = 0.1
ASK_S = 3.0
Result = TypeVar("Result")


AWAY = (PlaneUnreachable, PlaneRefused, WrongShape)
"""It does not answer, refuses, or is of another version: all pass, and are asked again."""


Told = TypeVar("Told", Documents, Services, BansShape)


class DocumentLink:
    """One lab's plane."""

    def __init__(self, client: PlaneClient) -> None:
        self._client = client
        self._threads = ThreadPoolExecutor(8, "plane")
        self._changed = asyncio.Event()
        self._round = 0
        self._told = 0
        self._released = False
        self.revision = 0  # of the documents that the lab has taken up
        self._news = asyncio.Condition()
        self._refusing: frozenset[tuple[str, int]] = frozenset()

    async def _call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: function(*arguments))

    async def until_up(self) -> None:
        """Return when the plane answers."""
        while True:
            try:
                await self._call(self._client.health)
                return
            except AWAY:
                await asyncio.sleep(AGAIN_S / 2)

    async def apply(self, files: Sequence[tuple[str, str]]) -> Applied:
        """Store the files. PlaneRefused where nothing of them could be read."""
        raw = [(name, text.encode()) for name, text in files]
        return of_shape(await self._call(self._client.apply, raw), Applied)

    async def stored(self, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
        """The body of one object as the plane has it now; None where there is none."""
        answer = await self._call(self._client.documents, kind, namespace, name)
        return answer["documents"][0]["body"] if answer["documents"] else None

    async def watch_documents(self, take: Callable[[LabDocuments], None]) -> None:
        """Hand over the documents that a lab reads, now and after every change of one."""

        async def hand_over(answer: Documents) -> None:
            self.revision = answer.revision
            take(LabDocuments(map(lab_document, answer.documents)))

        def ask(since: int | None) -> Documents:
            reply = self._client.documents(",".join(READ), since=since, wait=POLL_S)
            return of_shape(reply, Documents)

        await self._poll(ask, hand_over)

    async def watch_services(self, take: Callable[[list[ServiceShape]], Awaitable[None]]) -> None:
        """Hand over the services with their endpoints, now and after every change."""

        async def hand_over(answer: Services) -> None:
            await take(answer.services)

        def ask(since: int | None) -> Services:
            return of_shape(self._client.services(since=since, wait=POLL_S), Services)

        await self._poll(ask, hand_over)

    async def watch_bans(self, take: Callable[[list[str]], Awaitable[None]]) -> None:
        """Hand over the addresses of banned pods, now and after every change."""

        async def hand_over(answer: BansShape) -> None:
            await take(answer.addresses)

        def ask(since: int | None) -> BansShape:
            return of_shape(self._client.bans(since=since, wait=POLL_S), BansShape)

        await self._poll(ask, hand_over)

    async def refusing_plaintext(self) -> frozenset[tuple[str, int]]:
        """The hosts and ports of services that take mutual TLS alone, once the plane knows of the
        pods as they are now; what it last said of them while it does not answer.
        """
        with suppress(TimeoutError, *AWAY):
            async with asyncio.timeout(ASK_S):
                await self.until_told()
                answer = of_shape(await self._call(self._client.services), Services)
                self._refusing = frozenset(_refusing(answer.services))
        return self._refusing

    async def _poll(
        self,
        ask: Callable[[int | None], Told],
        take: Callable[[Told], Awaitable[None]],
    ) -> None:
        since: int | None = None
        while True:
            try:
                answer = await self._call(ask, since)
            except AWAY as error:
                log.info("plane-away", reason=error)
                since = None
                await asyncio.sleep(AGAIN_S)
                continue
            if answer.revision != since:
                since = answer.revision
                await take(answer)

    def pods_changed(self) -> None:
        """What was observed before is out of date."""
        self._round += 1
        self._changed.set()

    async def observe(self, pods: Callable[[], Iterable[PodSeen]]) -> None:
        """Tell the plane of the pods after every change and before the lease is over.

        Where a change made no difference to what the plane was told, that stands.
        """
        reported: list[PodSeen] = []
        due, now = 0.0, asyncio.get_running_loop().time
        while True:
            self._changed.clear()
            telling, seen = self._round, list(pods())
            try:
                if seen != reported or now() >= due:
                    await self._call(
                        self._client.observe, SOURCE, list(map(as_words, seen)), LEASE_S
                    )
                    reported, due = seen, now() + RENEW_S
            except AWAY as error:
                log.info("observations-wait", reason=error)
                await asyncio.sleep(AGAIN_S)
                continue
            async with self._news:
                self._told = telling
                self._news.notify_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(due - now()):
                    await self._changed.wait()

    async def until_told(self) -> None:
        """Return when the plane knows all that has changed so far, however long it is away.

        Proxies are configured by the plane alone. While it is away, a pod that they call is better
        kept than replaced by one that nobody would hear of.
        """
        asked = self._round
        async with self._news:
            await self._news.wait_for(lambda: self._released or self._told >= asked)

    async def release(self) -> None:
        """The lab goes down: nobody waits for the plane any more."""
        async with self._news:
            self._released = True
            self._news.notify_all()

    def close(self) -> None:
        """Let go of the threads; those in a long poll end when the plane does."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def lab_document(document: DocumentShape) -> LabDocument:
    return LabDocument(
        document.kind,
        document.api_version,
        document.namespace,
        document.name,
        document.body,
        document.file,
        document.line,
    )


def _refusing(services: Iterable[ServiceShape]) -> Iterator[tuple[str, int]]:
    for service in services:
        for port in service.ports:
            if port.mtls_only:
                yield service.host, port.number

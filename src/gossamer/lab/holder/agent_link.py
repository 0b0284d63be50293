"""Speaks to the agent: which proxies there should be, how they are, drain.

The wanted set is kept here and sent again whenever the agent comes back, so killing the agent
loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from msgspec import Struct

from gossamer.agent.shapes import (
    Drained,
    DrainRequest,
    HostProxyStatus,
    HostStatus,
    PodShape,
    PodsSet,
    SetPods,
    StatusRequest,
)
from gossamer.lab.holder.pods.seen import proxy_wanted
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.process.event_log import EventLog
from gossamer.process.json_lines.call import CallRefused, call, operation_of

Answer = TypeVar("Answer")

log = EventLog("gossamer.lab")

HURRIED_S = 0.1
CALM_S = 2.0
TELL_LIMIT_S = 2.0


class AgentAway(ConnectionError):
    """The agent does not answer; it is restarted by the holder."""


class AskAgent(Protocol):
    """Puts a request to the agent at a socket; AgentAway where it does not answer."""

    async def __call__(self, path: Path, request: Struct, gives: type[Answer], /) -> Answer: ...


async def ask_agent(path: Path, request: Struct, gives: type[Answer]) -> Answer:
    """By JSON lines."""
    try:
        return await call(path, request, gives)
    except OSError as error:
        raise AgentAway(f"{path.name} does not answer: {error}") from error
    except CallRefused as error:
        op = operation_of(type(request))
        raise AgentAway(f"{path.name} refused {op}: {error}") from error


class AgentLink:
    """The agent's wanted proxies and their last known state."""

    def __init__(self, path: Path, ask: AskAgent = ask_agent) -> None:
        self._path = path
        self._ask = ask
        self._wanted: dict[str, PodShape] = {}
        self._seen: dict[str, HostProxyStatus] = {}
        self._away = "the agent has not answered yet"
        self._untold = asyncio.Event()
        self._news = asyncio.Condition()
        self._waiting = 0
        self._closed = False

    @property
    def proxies(self) -> Mapping[str, HostProxyStatus]:
        """What the agent last said of each proxy, by `NAMESPACE/POD`."""
        return self._seen

    def want(self, plan: PodPlan, addresses: Sequence[str]) -> None:
        self._wanted[plan.key] = proxy_wanted(plan, addresses)
        self._untold.set()

    async def unwant(self, key: str) -> None:
        """Give the proxy up; returns when the agent knows, or does not answer in time."""
        if self._wanted.pop(key, None) is None or self._closed:
            return
        self._seen.pop(key, None)
        self._untold.set()
        try:
            async with asyncio.timeout(TELL_LIMIT_S):
                await self._until(lambda: not self._untold.is_set())
        except TimeoutError:
            log.warning("agent-not-told", pod=key, effect="its proxy may outlive it for a while")

    async def until_ready(self, key: str) -> None:
        """Return once the agent says that this proxy serves."""
        await self._until(lambda: key in self._seen and self._seen[key].ready)

    async def until_synced(self, limit_s: float) -> None:
        """Return when every proxy holds what the plane says, or when the limit is over.

        A killed agent is waited for: it is back soon, and proxies hear nothing without it.
        """
        try:
            async with asyncio.timeout(limit_s):
                await self._look_until_it_answers()
                await self._until(lambda: all(map(_up_to_date, self._seen.values())))
        except TimeoutError:
            return

    async def _look_until_it_answers(self) -> None:
        while True:
            try:
                return await self._look()
            except AgentAway:
                await asyncio.sleep(HURRIED_S)

    async def _until(self, so: Callable[[], bool]) -> None:
        self._waiting += 1
        try:
            async with self._news:
                await self._news.wait_for(so)
        finally:
            self._waiting -= 1

    def what_is_missing(self, key: str) -> str:
        if self._away:
            return self._away
        seen = self._seen.get(key)
        if seen is None:
            return "the agent has not started it yet"
        refused = ", ".join(f"{each.name} ({each.message})" for each in seen.rejected)
        rejected = f"; it rejected {refused}" if refused else ""
        link = "connected" if seen.connected else "not connected to the control plane"
        return f"Envoy is {seen.envoy or 'starting'}, {link}{rejected}"

    async def drain(self, key: str, seconds: float) -> None:
        """Let the proxy finish what it has; an absent agent costs only the grace."""
        try:
            async with asyncio.timeout(seconds + 1.0):
                await self._ask(self._path, DrainRequest(key, seconds), Drained)
        except (AgentAway, TimeoutError) as error:
            log.warning("not-drained", pod=key, reason=error)

    def close(self) -> None:
        """The agent ends with the lab: nobody need tell it anything any more."""
        self._closed = True

    async def run(self) -> None:
        """Tell and look, for ever: often while someone waits, else now and then."""
        is_up_to_date = False
        while True:
            try:
                if self._untold.is_set() or not is_up_to_date:
                    self._untold.clear()
                    await self._ask(self._path, SetPods(list(self._wanted.values())), PodsSet)
                    is_up_to_date = True
                await self._look()
            except AgentAway as error:
                is_up_to_date, self._away = False, str(error)
            await self._pause()

    async def _look(self) -> None:
        answer = await self._ask(self._path, StatusRequest(), HostStatus)
        self._seen = {each.pod: each for each in answer.proxies if each.pod in self._wanted}
        self._away = ""
        async with self._news:
            self._news.notify_all()

    async def _pause(self) -> None:
        hurry = HURRIED_S if self._waiting or self._away else CALM_S
        try:
            async with asyncio.timeout(hurry):
                await self._untold.wait()
        except TimeoutError:
            return


def _up_to_date(proxy: HostProxyStatus) -> bool:
    return proxy.synced and proxy.connected

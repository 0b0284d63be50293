"""Speaks to the agent: which proxies there should be, how they are, drain.

The wanted set is kept here and told again whenever the agent comes back, so killing the agent
loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gossamer.lab.holder.pods.pod_context import as_json
from gossamer.lab.plan.pod.pod import PodPlan
from gossamer.process.event_log import EventLog
from gossamer.process.json_lines.exchange import exchange

log = EventLog("gossamer.lab")

HURRIED_S = 0.1
CALM_S = 2.0
TELL_LIMIT_S = 2.0


class AgentAway(ConnectionError):
    """The agent does not answer; it is restarted by the holder."""


async def request(path: Path, message: Mapping[str, Any]) -> dict[str, Any]:
    """One JSON line there and back."""
    try:
        answer = await exchange(path, message)
    except OSError as error:
        raise AgentAway(f"{path.name} does not answer: {error}") from error
    if "error" in answer:
        raise AgentAway(f"{path.name} refused {message['op']}: {answer['error']}")
    return answer


class AgentLink:
    """The agent's wanted proxies and their last known state."""

    def __init__(
        self,
        path: Path,
        ask: Callable[[Path, Mapping[str, Any]], Awaitable[dict[str, Any]]] = request,
    ) -> None:
        self._path = path
        self._ask = ask
        self._wanted: dict[str, dict[str, Any]] = {}
        self._seen: dict[str, Mapping[str, Any]] = {}
        self._away = "the agent has not answered yet"
        self._untold = asyncio.Event()
        self._news = asyncio.Condition()
        self._waiting = 0
        self._closed = False

    @property
    def proxies(self) -> Mapping[str, Mapping[str, Any]]:
        """What the agent last said of each proxy, by `NAMESPACE/POD`."""
        return self._seen

    def want(self, plan: PodPlan, addresses: Sequence[str]) -> None:
        self._wanted[plan.key] = as_json(plan, addresses)
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
        await self._until(lambda: bool(self._seen.get(key, {}).get("ready")))

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
        rejected = f"; it rejected {seen['rejected']}" if seen.get("rejected") else ""
        link = "connected" if seen.get("connected") else "not connected to the control plane"
        return f"Envoy is {seen.get('envoy') or 'starting'}, {link}{rejected}"

    async def drain(self, key: str, seconds: float) -> None:
        """Let the proxy finish what it has; an absent agent costs only the grace."""
        try:
            async with asyncio.timeout(seconds + 1.0):
                await self._ask(self._path, {"op": "drain", "pod": key, "seconds": seconds})
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
                    await self._ask(self._path, {"op": "set", "pods": list(self._wanted.values())})
                    is_up_to_date = True
                await self._look()
            except AgentAway as error:
                is_up_to_date, self._away = False, str(error)
            await self._pause()

    async def _look(self) -> None:
        answer = await self._ask(self._path, {"op": "status"})
        self._seen = {
            _key(proxy): proxy for proxy in answer["proxies"] if _key(proxy) in self._wanted
        }
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


def _up_to_date(proxy: Mapping[str, Any]) -> bool:
    return bool(proxy.get("synced") and proxy.get("connected"))


def _key(proxy: Mapping[str, Any]) -> str:
    pod = str(proxy["pod"])
    return pod if "/" in pod else f"{proxy.get('namespace', 'default')}/{pod}"

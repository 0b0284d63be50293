"""ECDS: what Envoy does with filters that come by extension config discovery.

One real Envoy on loopback, configured by a scripted server. Each row is a question and what was
seen. Connections of three kinds stay open across each change; `drained`
counts what Envoy drained for it.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from envoy.config.core.v3.extension_pb2 import TypedExtensionConfig

from bench.ecds_resources import (
    BY_ECDS,
    DEFAULT,
    EXTENSION,
    HOST,
    HTTP,
    MANAGER,
    MUTATION,
    TCP,
    TCP_BY_ECDS,
    admits,
    discovered,
    extension,
    http_listener,
    listener,
    marks,
    tcp_listener,
)
from bench.open_connections import Bytes, Http1, Http2, Kept, listens, opened
from bench.report import tell
from bench.scripted_plane import ScriptedPlane, one_envoy, state_of, until
from gossamer.contract.type_urls import type_url
from gossamer.envoy.admin import Admin

Json = dict[str, Any]


@dataclass(slots=True)
class Bench:
    """One Envoy and its plane, with a connection of each kind held open."""

    plane: ScriptedPlane
    admin: Admin

    async def stat(self, name: str) -> int:
        """A counter or gauge, 0 where there is none."""
        return sum(v for k, v in (await self.admin.stats(name)).items() if name in k)

    async def settled(self, *messages: Any) -> bool:
        """Push, and wait until Envoy has said yes or no."""
        before = len(self.plane.acked) + len(self.plane.refused)
        await self.plane.push(*messages)
        return await until(lambda: len(self.plane.acked) + len(self.plane.refused) > before)

    async def drains(self) -> str:
        """How many listeners and chains were drained up to now."""
        chains = await self.stat("listener_manager.total_filter_chains_draining")
        whole = await self.stat("listener_manager.total_listeners_draining")
        return f"chains {chains}, listeners {whole}"


async def until_async(holds: Callable[[], Awaitable[bool]]) -> bool:
    """Whether it came to hold within two seconds."""
    ends = time.monotonic() + 2
    while not await holds():
        if time.monotonic() > ends:
            return False
        await asyncio.sleep(0.005)
    return True


Question = Callable[[Bench], Awaitable[str]]


async def first_answer() -> str:
    """What a new HTTP/1.1 connection is told."""
    return await (await opened(Http1, HOST, HTTP)).ask()


async def kept(bench: Bench, change: Callable[[], Awaitable[Any]]) -> str:
    """What open connections of each kind, and new ones, get before and after a change."""
    kinds: tuple[type[Kept], ...] = (Http1, Http2) if await listens(HOST, HTTP) else ()
    ports: dict[type[Kept], int] = {Http1: HTTP, Http2: HTTP, Bytes: TCP}
    kinds = (*kinds, *((Bytes,) if await listens(HOST, TCP) else ()))
    open_ones = {kind: await opened(kind, HOST, ports[kind]) for kind in kinds}
    before = {kind: await one.ask() for kind, one in open_ones.items()}
    await change()
    await asyncio.sleep(0.3)
    lines = []
    for kind, one in open_ones.items():
        after, later = await one.ask(), await one.ask()
        new = await (await opened(kind, HOST, ports[kind])).ask()
        lines.append(f"{kind.__name__}: {before[kind]} -> {after}, then {later}; new: {new}")
    return "; ".join([*lines, f"drained: {await bench.drains()}"])


async def before_the_first(bench: Bench) -> str:
    await bench.settled(http_listener(BY_ECDS))
    asked = await until(lambda: "TypedExtensionConfig marks" in bench.plane.asked)
    early = await listens(HOST, HTTP)
    await bench.plane.push(extension("marks", marks("1")))
    began = time.monotonic()
    while not await listens(HOST, HTTP):
        await asyncio.sleep(0.005)
    took = time.monotonic() - began
    first = await first_answer()
    return (
        f"asked by name: {asked}; listens while it waits: {early}; "
        f"open {took * 1000:.0f} ms after the answer; first: {first}"
    )


async def with_a_default(bench: Bench) -> str:
    source = {"config_discovery": discovered(MUTATION, **DEFAULT)}
    await bench.settled(http_listener(source))
    await until(lambda: "TypedExtensionConfig marks" in bench.plane.asked)
    while not await listens(HOST, HTTP):
        await asyncio.sleep(0.005)
    one = await opened(Http1, HOST, HTTP)
    first = await one.ask()
    await bench.settled(extension("marks", marks("1")))
    return f"before: {first}; the same connection after: {await one.ask()}"


async def together(bench: Bench) -> str:
    plane = bench.plane
    await plane.push(extension("marks", marks("1")), http_listener(BY_ECDS))
    asked = await until(lambda: "TypedExtensionConfig marks" in plane.asked, 2)
    return f"asked all the same: {asked}"


async def right_behind(bench: Bench) -> str:
    plane = bench.plane
    plane.hold(http_listener(BY_ECDS), extension("marks", marks("1")))
    began = time.monotonic()
    await plane.say(type_url("envoy.config.listener.v3.Listener"), ["http"])
    while not await listens(HOST, HTTP):
        await asyncio.sleep(0.002)
    took = (time.monotonic() - began) * 1000
    first = await first_answer()
    return f"answered when asked: listens {took:.0f} ms after the listener was sent; {first}"


async def _both(bench: Bench) -> None:
    bench.plane.hold(extension("marks", marks("1")), extension("admits", admits("ALLOW")))
    await bench.plane.push(http_listener(BY_ECDS), tcp_listener(TCP_BY_ECDS))
    while not (await listens(HOST, HTTP) and await listens(HOST, TCP)):
        await asyncio.sleep(0.01)


async def changed(bench: Bench) -> str:
    await _both(bench)
    messages = [extension("marks", marks("2")), extension("admits", admits("DENY"))]
    return await kept(bench, lambda: bench.settled(*messages))


async def changed_in_the_listener(bench: Bench) -> str:
    await bench.plane.push(
        http_listener({"typed_config": marks("1")}), tcp_listener({"typed_config": admits("ALLOW")})
    )
    await until(lambda: bench.plane.acked)
    while not await listens(HOST, TCP):
        await asyncio.sleep(0.01)
    messages = [
        http_listener({"typed_config": marks("2")}),
        tcp_listener({"typed_config": admits("DENY")}),
    ]
    return await kept(bench, lambda: bench.settled(*messages))


async def removed(bench: Bench) -> str:
    await _both(bench)
    return await kept(bench, lambda: bench.plane.say(EXTENSION, [], ["marks", "admits"]))


async def removed_with_default(bench: Bench) -> str:
    bench.plane.hold(extension("marks", marks("1")))
    source = {"config_discovery": discovered(MUTATION, **DEFAULT)}
    await bench.plane.push(http_listener(source))
    await until(lambda: "TypedExtensionConfig marks" in bench.plane.asked)
    while not await listens(HOST, HTTP):
        await asyncio.sleep(0.01)
    return await kept(bench, lambda: bench.plane.say(EXTENSION, [], ["marks"]))


async def refused(bench: Bench) -> str:
    await _both(bench)
    bad = extension("marks", admits("DENY"))
    good = extension("admits", admits("DENY"))
    said = await kept(bench, lambda: bench.settled(bad, good))
    return f"{said}; refused: {bench.plane.refused}"


async def refused_at_first(bench: Bench) -> str:
    bench.plane.hold(extension("marks", admits("DENY")))
    await bench.plane.push(http_listener(BY_ECDS))
    await until(lambda: bench.plane.refused)
    waits = await listens(HOST, HTTP)
    answer = await first_answer() if waits else "-"
    return f"listens: {waits}; {answer}; refused: {bench.plane.refused}"


async def nothing_at_first(bench: Bench) -> str:
    await bench.plane.push(http_listener(BY_ECDS), tcp_listener(TCP_BY_ECDS))
    await until(lambda: "TypedExtensionConfig marks" in bench.plane.asked)
    await bench.plane.say(EXTENSION, [], ["marks", "admits"])
    listening = await until_async(lambda: listens(HOST, HTTP))
    answer = await first_answer() if listening else "-"
    return f"listens: {listening}; {answer}; refused: {bench.plane.refused}"


async def manager_by_ecds(bench: Bench) -> str:
    """A whole HTTP connection manager is a network filter as well."""

    def manager(value: str) -> TypedExtensionConfig:
        made = http_listener({"typed_config": marks(value)})
        config = TypedExtensionConfig(name="manager")
        config.typed_config.CopyFrom(made.filter_chains[0].filters[0].typed_config)
        return config

    bench.plane.hold(manager("1"))
    filters = [{"name": "manager", "config_discovery": discovered(MANAGER)}]
    await bench.plane.push(listener("http", HTTP, filters))
    if not await until_async(lambda: listens(HOST, HTTP)):
        return f"does not listen; refused: {bench.plane.refused}"
    return await kept(bench, lambda: bench.settled(manager("2")))


async def default_for_what(bench: Bench) -> str:
    """A default that waits for the first answer, and gets a bad one or none."""
    source = {"config_discovery": discovered(MUTATION, default_config=marks("default"))}
    await bench.plane.push(http_listener(source))
    await until(lambda: "TypedExtensionConfig marks" in bench.plane.asked)
    waits = not await listens(HOST, HTTP)
    await bench.plane.push(extension("marks", admits("DENY")))
    await until_async(lambda: listens(HOST, HTTP))
    one = await opened(Http1, HOST, HTTP)
    bad = await one.ask()
    await bench.settled(extension("marks", marks("1")))
    return f"waits: {waits}; refused, so {bad}; then {await one.ask()}"


async def listener_changed_too(bench: Bench) -> str:
    await _both(bench)
    asked = bench.plane.asked.count("TypedExtensionConfig marks")
    said = await kept(bench, lambda: bench.settled(http_listener(BY_ECDS, tag="2")))
    again = bench.plane.asked.count("TypedExtensionConfig marks") - asked
    return f"asked again: {again}; {said}"


async def reconnected(bench: Bench) -> str:
    await _both(bench)
    before = len(bench.plane.asked)
    bench.plane.hang_up()
    await until(lambda: "TypedExtensionConfig" in bench.plane.initial)
    await asyncio.sleep(0.2)
    return f"asks {bench.plane.asked[before:]}, holds {bench.plane.initial}"


async def listener_gone(bench: Bench) -> str:
    await _both(bench)
    url = type_url("envoy.config.listener.v3.Listener")
    await bench.plane.say(url, [], ["http"])
    ended = await until(lambda: bench.plane.unasked, 2)
    return f"unsubscribed: {ended} {bench.plane.unasked}"


async def per_route(bench: Bench) -> str:
    bench.plane.hold(extension("marks", marks("1")))
    await bench.plane.push(http_listener(BY_ECDS, per_route="of the route"))
    while not await listens(HOST, HTTP):
        await asyncio.sleep(0.01)
    return await first_answer()


async def asleep(bench: Bench) -> str:
    bench.plane.hold(extension("marks", marks("1")))
    await bench.plane.push(http_listener({**BY_ECDS, "disabled": True}))
    while not await listens(HOST, HTTP):
        await asyncio.sleep(0.01)
    return await first_answer()


QUESTIONS: dict[str, Question] = {
    "before the first configuration": before_the_first,
    "with a default, applied without warming": with_a_default,
    "pushed ahead of the listener, unasked": together,
    "asked by the listener": right_behind,
    "changed by ECDS": changed,
    "changed in the listener": changed_in_the_listener,
    "removed": removed,
    "removed, with a default": removed_with_default,
    "refused, in one response with a good one": refused,
    "refused at first": refused_at_first,
    "refused at first, with a default": default_for_what,
    "answered with a removal at first": nothing_at_first,
    "a connection manager by ECDS": manager_by_ecds,
    "the listener changes": listener_changed_too,
    "the stream reconnects": reconnected,
    "the listener goes": listener_gone,
    "a route's own configuration": per_route,
    "disabled, and no route wakes it": asleep,
}


@asynccontextmanager
async def running() -> AsyncIterator[Bench]:
    """A fresh Envoy."""
    plane = ScriptedPlane()
    with TemporaryDirectory(prefix="ge-") as name:
        async with one_envoy(Path(name), plane) as admin:
            while await state_of(admin) == "silent":
                await asyncio.sleep(0.01)
            yield Bench(plane, admin)


async def measure(only: list[str]) -> list[Json]:
    """A row for each question."""
    rows = []
    for question, answer in QUESTIONS.items():
        if only and not any(word in question for word in only):
            continue
        async with running() as bench:
            try:
                seen = await asyncio.wait_for(answer(bench), 30)
            except TimeoutError:
                seen = "no answer in 30 s"
        rows.append({"question": question, "seen": seen})
        print(f"{question}\n    {seen}", flush=True)
    return rows


def main() -> None:
    """Ask each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="questions with this word")
    said = parser.parse_args()
    tell("ecds", asyncio.run(measure(said.only)))


if __name__ == "__main__":
    main()

"""What a route of the API is made of, and whose request is at hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.requests import Request

from gossamer.plane.access.actor import Actor
from gossamer.plane.access.demands import Demand
from gossamer.plane.access.door import Door
from gossamer.plane.access.writer import Writer
from gossamer.plane.api.facade import PlaneFacade
from gossamer.plane.revisions import Topic

Reply: TypeAlias = tuple[int, Any]
Answer: TypeAlias = Callable[[PlaneFacade, Request], Awaitable[Reply]]


def actor_of(request: Request) -> Actor:
    """Who asks, as the door knew them."""
    actor: Actor = request.state.actor
    return actor


def door_of(request: Request) -> Door:
    """The door by which they came."""
    door: Door = request.app.state.door
    return door


def writer_of(request: Request) -> Writer:
    """On whose behalf a request changes something."""
    return door_of(request).writer(actor_of(request))


async def note(request: Request, verb: str, target: str) -> None:
    """Write down what was done that is no document, if there is a log."""
    audit = door_of(request).audit
    if audit is not None:
        await audit.event(actor_of(request).name, verb, target)


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One route: how it is asked, what it demands, takes and gives, and what answers it.

    One with a topic says its revision in a header; a query can wait for another one.
    """

    method: str
    path: str
    summary: str
    demands: Demand
    answer: Answer
    gives: Any
    takes: Any = None
    query: tuple[str, ...] = ()
    topic: Topic | None = None

"""What a route demands of whoever asks; the table of routes says it of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from gossamer.plane.access.actor import Actor, described


class Demand(StrEnum):
    """The least that is needed; what is answered is narrowed further for each actor."""

    IDENTITY = "an identity"
    READ = "viewer of a namespace"
    READ_ALL = "viewer of all namespaces"
    WRITE = "editor of a namespace"
    OPERATE = "operator"


class AccessRefused(Exception):
    """Somebody may not do this: an HTTP status, and who, what, effect and remedy.

    `objects` are those that it is about, for the audit log.
    """

    def __init__(self, status: int, message: str, objects: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status, self.objects = status, objects


_MEETS: Mapping[Demand, Callable[[Actor], bool]] = {
    Demand.IDENTITY: lambda actor: True,
    Demand.READ: lambda actor: bool(actor.grants),
    Demand.READ_ALL: lambda actor: actor.sees_all,
    Demand.WRITE: lambda actor: actor.is_editor,
    Demand.OPERATE: lambda actor: actor.operates,
}


def check_demand(actor: Actor, demand: Demand, what: str) -> None:
    """Raises AccessRefused where the actor's roles are not enough for `what`, such as
    `POST /v1/apply`."""
    if not _MEETS[demand](actor):
        raise AccessRefused(
            403,
            f"{actor.name} ({described(actor.grants)}) may not {what}: it takes the role {demand}. "
            "Nothing was done. Ask an operator of this mesh for it",
        )

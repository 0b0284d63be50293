"""One container's stand-in: which part it plays, and the command line that says all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gossamer.lab.plan.stand_ins.targets import Calls


class StandInRole(StrEnum):
    """What becomes of the process: it serves, it calls each service once, or it ends at once."""

    SERVE = "serve"
    ONCE = "once"
    END = "end"


@dataclass(frozen=True, slots=True)
class StandInPlan:
    """A container that a stand-in runs for. `words` are the manifest's own command and args."""

    role: StandInRole
    image: str
    words: tuple[str, ...] = ()
    ports: tuple[tuple[int, str], ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What must make new pods when it changes."""
        return f"stand-in {self.role} {self.ports} {self.calls}"


@dataclass(frozen=True, slots=True)
class StandInPlace:
    """Where it stands: its pod's workload, and which container of it."""

    namespace: str
    workload: str
    container: str
    labels: Mapping[str, str]


def command_words(plan: StandInPlan, place: StandInPlace, calls: Calls) -> tuple[str, ...]:
    """The words after `python -m gossamer.apps stand-in`."""
    return (
        *("--named", place.workload, "--namespace", place.namespace),
        *("--container", place.container, "--image", plan.image),
        *("--version", version_of(place.labels, plan.image)),
        *(
            argument
            for number, kind in plan.ports
            for argument in ("--listen", _listen(number, kind))
        ),
        *_called(calls),
        *{StandInRole.ONCE: ("--once",), StandInRole.END: ("--end",)}.get(plan.role, ()),
    )


def _listen(number: int, kind: str) -> str:
    return f"{number}/udp" if kind == "UDP" else str(number)


def _called(calls: Calls) -> Iterator[str]:
    for url, why in calls.called:
        yield from ("--call", url, why)
    for name, why in calls.not_called:
        yield from ("--not-called", name, why)


def version_of(labels: Mapping[str, str], image: str) -> str:
    """The label that routes go by, else the image's tag."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return labels.get("version") or labels.get("app.kubernetes.io/version") or tag

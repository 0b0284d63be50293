"""Which local command runs a container.

In order: the annotation, the mapping of lab.yaml, the stand-in for a known image, the
container's own command if this machine has it; else a reason that names the image.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from gossamer.lab.plan.documents import Stanza

ANNOTATION = "gossamer.dev/run"

StandIn = Callable[[str, Mapping[str, Any]], tuple[Sequence[str], Mapping[str, str]] | None]
"""image, container -> arguments of `python -m gossamer.apps` and variables, or None."""


def _no_stand_in(image: str, container: Mapping[str, Any]) -> None:
    return None


def _nothing_here(program: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class LabSettings:
    """What a plan depends on beside the documents."""

    lab: str = "default"
    images: tuple[tuple[str, str], ...] = ()
    stand_in: StandIn = _no_stand_in
    runs_here: Callable[[str], bool] = _nothing_here
    python: str = "python3"
    restarts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line with `$(NAME)` still in it, or the reason why there is none."""

    argv: tuple[str, ...] | None
    env: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def choose(
    container: Stanza, annotations: Mapping[str, str], first: bool, settings: LabSettings
) -> Command:
    """The command of one container. `first` says whether the bare annotation means it."""
    name, image = container.text("name"), container.text("image")
    line = annotations.get(f"{ANNOTATION}.{name}") or (annotations.get(ANNOTATION) if first else "")
    if line:
        return _split(line, (), f"annotation {ANNOTATION}")
    mapped = next((line for glob, line in settings.images if _matches(image, glob)), None)
    if mapped:
        return _split(mapped, container.texts("args"), "lab.yaml")
    stand_in = settings.stand_in(image, container.value)
    if stand_in is not None:
        suffix, env = stand_in
        argv = (settings.python, "-P", "-m", "gossamer.apps", *suffix)
        return Command(argv, tuple(sorted(env.items())))
    return _own(container, settings)


def _matches(image: str, glob: str) -> bool:
    """A glob means the whole reference, or what follows its last slash, with or without tag."""
    last = image.rpartition("/")[2]
    candidates = (image, last, last.partition("@")[0].partition(":")[0])
    return any(fnmatchcase(candidate, glob) for candidate in candidates)


def _split(line: str, args: tuple[str, ...], where: str) -> Command:
    try:
        return Command((*shlex.split(line), *args))
    except ValueError as error:
        return Command(None, reason=f"the command {line!r} of {where} cannot be read: {error}")


def _own(container: Stanza, settings: LabSettings) -> Command:
    argv = (*container.texts("command"), *container.texts("args"))
    if container.texts("command") and settings.runs_here(argv[0]):
        return Command(argv)
    image, name = container.text("image"), container.text("name")
    own = container.texts("command")
    program = f", and its command {own[0]!r} is not on this machine" if own else ""
    return Command(
        None,
        reason=(
            f"no local command for image {image!r} of container {name!r}{program}; "
            f"set the annotation {ANNOTATION} on the pod template, "
            f"or map the image in lab.yaml (images: {{{image!r}: COMMAND}})"
        ),
    )

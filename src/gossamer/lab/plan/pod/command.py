"""Which local command runs a container.

In order: the annotation, a rule of lab.yaml that names the image, the stand-in for a known image,
a rule for all images, the container's own command if this machine has it, the stand-in for any
image where it is asked for; else a reason that names the image.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gossamer.lab.plan.documents import Stanza
from gossamer.lab.plan.image_rules import STAND_IN, ImageRule, rule_for
from gossamer.lab.plan.stand_ins.own_program import runs_by_itself

ANNOTATION = "gossamer.dev/run"
LAB_FILE = "lab.yaml"

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
    images: tuple[ImageRule, ...] = ()
    stand_in_for_all: bool = False
    stand_in: StandIn = _no_stand_in
    runs_here: Callable[[str], bool] = _nothing_here
    python: str = "python3"
    restarts: Mapping[str, int] = field(default_factory=dict)
    cron_runs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line with `$(NAME)` still in it, or the reason why there is none.

    `rule` is what lab.yaml says of the image; `ours`: one of our stand-ins for a known image.
    """

    argv: tuple[str, ...] | None
    env: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    rule: ImageRule | None = None
    ours: bool = False

    @property
    def is_stand_in(self) -> bool:
        """Whether the stand-in for any image runs."""
        return self.argv == (STAND_IN,)


def choose(
    container: Stanza, annotations: Mapping[str, str], first: bool, settings: LabSettings
) -> Command:
    """The command of one container. `first` says whether the bare annotation means it."""
    name, image = container.text("name"), container.text("image")
    line = annotations.get(f"{ANNOTATION}.{name}") or (annotations.get(ANNOTATION) if first else "")
    if line:
        return _ruled(ImageRule(image, line), (), f"annotation {ANNOTATION}")
    if rule := rule_for(image, settings.images, fallback=False):
        return _ruled(rule, container.texts("args"), LAB_FILE)
    stand_in = settings.stand_in(image, container.value)
    if stand_in is not None:
        suffix, env = stand_in
        argv = (settings.python, "-P", "-m", "gossamer.apps", *suffix)
        return Command(argv, tuple(sorted(env.items())), ours=True)
    return _otherwise(container, settings)


def _otherwise(container: Stanza, settings: LabSettings) -> Command:
    """What runs for an image that nobody named: a fallback, the container's own command, or none.

    A fallback that is a command goes first; the stand-in leaves alone what runs by itself.
    """
    image = container.text("image")
    rule = rule_for(image, settings.images, fallback=True)
    if rule is not None and not rule.is_stand_in:
        return _ruled(rule, container.texts("args"), LAB_FILE)
    if rule is None and not settings.stand_in_for_all:
        return _own(container, settings)
    argv = (*container.texts("command"), *container.texts("args"))
    if container.texts("command") and runs_by_itself(image, argv, settings.runs_here):
        return Command(argv)
    return _ruled(rule or ImageRule(image, STAND_IN), (), LAB_FILE)


def _ruled(rule: ImageRule, args: tuple[str, ...], where: str) -> Command:
    if rule.is_stand_in:
        return Command((STAND_IN,), rule=rule)
    return replace(_split(rule.run, args, where), rule=rule if where == LAB_FILE else None)


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
            f"map the image in lab.yaml (images: {{{image!r}: COMMAND}}) and apply it, "
            "or say `gossamer apply --stand-in`"
        ),
    )

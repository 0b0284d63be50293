"""How a start came out, in words: what is Ready, what is not and why, each reason once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NO_COMMAND = re.compile(r"no local command for image '(?P<image>[^']*)'")
MOST_NAMED = 5


@dataclass(slots=True)
class StartOutcome:
    """What a start came to. `waiting` is pods to reasons; `late` says that patience was over,
    `refused` that an object of the files was not taken."""

    waiting: Mapping[str, str] = field(default_factory=dict)
    late: bool = False
    refused: bool = False

    @property
    def well(self) -> bool:
        return not (self.waiting or self.late or self.refused)


def counted(pods: Sequence[Mapping[str, Any]]) -> str:
    """`4 of 5 pods are ready, 1 has completed`: who has done its work is not waited for."""
    done = sum(bool(pod["completed"]) for pod in pods)
    ready = sum(bool(pod["ready"]) for pod in pods)
    total = len(pods) - done
    text = f"{ready} of {total} pods are ready"
    return f"{text}, {done} {'has' if done == 1 else 'have'} completed" if done else text


def waiting_lines(waiting: Mapping[str, str]) -> Iterator[str]:
    """Why pods are not ready: images without a command in one list, equal reasons together."""
    images: dict[str, list[str]] = {}
    reasons: dict[str, list[str]] = {}
    for pod, reason in waiting.items():
        missing = NO_COMMAND.findall(reason)
        for image in missing:
            images.setdefault(image, []).append(pod)
        if not missing:
            reasons.setdefault(reason, []).append(pod)
    yield from _image_lines(images)
    for reason, pods in reasons.items():
        several = len(pods) > 1
        subject = f"{len(pods)} pods are" if several else f"pod {pods[0]} is"
        yield f"{subject} not ready: {reason}{' (' + listed(pods) + ')' if several else ''}"


def _image_lines(images: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if not images:
        return
    have = "image has" if len(images) == 1 else "images have"
    yield f"{len(images)} {have} no local command, so these pods are not ready:"
    for image, pods in images.items():
        yield f"  {image}  ({listed(pods)})"
    yield (
        "  name what to run: the annotation gossamer.dev/run on the pod template, or "
        "images: in lab.yaml"
    )


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more."""
    names = list(names)
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def next_steps(lab_words: str, workload: str | None) -> Iterator[str]:
    """What to try in a lab that is up."""
    yield "what to try next:"
    rows = [
        (f"gossamer open{lab_words}", "these addresses again; with a NAME, one in the browser"),
        (f"gossamer traffic{lab_words} --watch", "who calls whom, live"),
        (f"gossamer check{lab_words}", "whether anything is wrong"),
        (f"gossamer down{lab_words}", "end it"),
    ]
    if workload:
        rows.insert(2, (f"gossamer logs{lab_words} -f {workload}", "what one of them writes"))
    width = max(len(command) for command, _ in rows)
    for command, purpose in rows:
        yield f"  {command:<{width}}  {purpose}"

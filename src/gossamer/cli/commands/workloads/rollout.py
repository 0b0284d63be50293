"""`gossamer rollout`: watch a workload's change, take it back, or start it anew."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from gossamer.cli.lab_access.pods import workload_question
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.objects.kinds import kind_of
from gossamer.cli.options import (
    DURATION,
    lab_option,
    namespace_option,
    output_option,
    workload_argument,
)
from gossamer.cli.printing.printer import aligned
from gossamer.cli.printing.rollout_words import rollout_state
from gossamer.cli.terminal.output import print_json, print_yaml, say
from gossamer.lab.home import LabFolder

LOOK_S = 0.3


@click.group()
def rollout() -> None:
    """Watch a workload's change (status), list (history), take it back (undo), or start it anew."""


@rollout.command()
@workload_argument
@click.option("--timeout", type=DURATION, help="Give up after 30s, 5m; else never.")
@click.option("-w/-W", "--watch/--no-watch", "waits", default=True, help="Wait for the end.")
@namespace_option
@lab_option
def status(
    workload: str, timeout: float | None, waits: bool, namespace: str, lab: LabFolder
) -> None:
    """Wait until all pods of deploy/NAME (sts/NAME, ds/NAME) are new and ready."""
    question, late = _question(workload, namespace), time.monotonic() + (timeout or 1e9)
    last = ""
    while True:
        done, text = _state(lab, question)
        if text != last:
            say(text)
            last = text
        if done or not waits:
            return
        if time.monotonic() > late:
            say(f"gossamer: timed out: {workload} was not rolled out in {timeout:g} s", err=True)
            sys.exit(1)
        time.sleep(LOOK_S)


@rollout.command()
@workload_argument
@click.option("--revision", type=int, help="Show the template of that one.")
@namespace_option
@lab_option
@output_option()
def history(
    workload: str, revision: int | None, namespace: str, lab: LabFolder, output: str | None
) -> None:
    """List the templates that deploy/NAME had; the last one is in force."""
    question = {"op": "revisions", **_question(workload, namespace)}
    kept = ask(lab.holder_socket, question)["revisions"]
    chosen = [each for each in kept if revision in (None, each["revision"])]
    if output == "json":
        print_json(chosen)
    elif revision is not None:
        print_yaml(each["template"] for each in chosen)
    else:
        rows = [[str(each["revision"]), each["cause"] or "<none>"] for each in chosen]
        for line in aligned([["REVISION", "CHANGE-CAUSE"], *rows]):
            say(line)


@rollout.command()
@workload_argument
@click.option("--to-revision", type=click.IntRange(0), default=0, help="That one; 0: the last.")
@namespace_option
@lab_option
def undo(workload: str, to_revision: int, namespace: str, lab: LabFolder) -> None:
    """Bring an earlier template of deploy/NAME back."""
    question = {"op": "undo", **_question(workload, namespace), "revision": to_revision}
    answer = ask(lab.holder_socket, question)
    say(f"{_prefix(question)} rolled back to revision {answer['revision']}")


@rollout.command()
@workload_argument
@namespace_option
@lab_option
def restart(workload: str, namespace: str, lab: LabFolder) -> None:
    """Replace all pods of deploy/NAME, new ones ready before old ones go."""
    question = {"op": "restart", **_question(workload, namespace)}
    ask(lab.holder_socket, question)
    say(f"{_prefix(question)} restarted")


def _question(workload: str, namespace: str) -> dict[str, Any]:
    """The kind as Kubernetes spells it, so that counts are found by it."""
    question = workload_question(workload, namespace)
    return {**question, "kind": kind_of(question["kind"]).name}


def _prefix(question: dict[str, Any]) -> str:
    return f"{kind_of(question['kind']).prefix}/{question['name']}"


def _state(lab: LabFolder, question: dict[str, Any]) -> tuple[bool, str]:
    ask(lab.holder_socket, {"op": "revisions", **question})
    observed = ask(lab.holder_socket, {"op": "observed", **question})["observed"]
    counts = ask(lab.holder_socket, {"op": "workloads"})["workloads"]
    names = tuple(question[key] for key in ("kind", "namespace", "name"))
    own = next((c for c in counts if (c["kind"], c["namespace"], c["name"]) == names), None)
    return rollout_state(question["kind"], question["name"], own, observed=observed)

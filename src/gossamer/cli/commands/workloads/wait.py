"""`gossamer wait`: until objects are as a script needs them."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from gossamer.cli.error import CliError
from gossamer.cli.objects.choose import Choice, choose
from gossamer.cli.objects.item import Item
from gossamer.cli.objects.lab_objects import LabObjects
from gossamer.cli.objects.labels import parse_selector
from gossamer.cli.objects.targets import targets
from gossamer.cli.objects.waited_for import WaitedFor, waited_for
from gossamer.cli.options import DURATION, lab_option, names, namespace_option
from gossamer.cli.terminal.output import say
from gossamer.lab.home import LabFolder

LOOK_S = 0.3


@click.command()
@click.argument(
    "words",
    metavar="KIND/NAME | KIND NAME",
    nargs=-1,
    required=True,
    shell_complete=names("objects"),
)
@click.option(
    "--for",
    "goal",
    required=True,
    callback=lambda _, __, text: waited_for(text),
    help="condition=Ready, delete, create, or jsonpath='{.status.phase}'=Running.",
)
@click.option("--timeout", type=DURATION, default="30s", show_default=True, help="0: ask once.")
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of every namespace.")
@click.option("-l", "--selector", help="Of those with these labels.")
@click.option("--all", "_all", is_flag=True, help="Of every object of the kind.")
@namespace_option
@lab_option
def wait(
    words: tuple[str, ...],
    goal: WaitedFor,
    timeout: float,
    everywhere: bool,
    selector: str | None,
    _all: bool,
    namespace: str,
    lab: LabFolder,
) -> None:
    """Wait until each KIND/NAME (or those of -l, --all) is as --for says; exit 1 if it is late."""
    asked = targets(words, lambda: LabObjects(lab).own_kinds)
    choice = Choice(asked, None if everywhere else namespace, parse_selector(selector))
    late = time.monotonic() + timeout
    met: set[str] = set()
    seen: dict[str, Item] = {}
    while True:
        items = _items(lab, choice, goal)
        seen |= {item.reference: item for item in items}
        for name in goal.met_by(items, seen):
            if name not in met:
                say(f"{name} {goal.words}")
                met.add(name)
        waiting = sorted(goal.missing(items) - met)
        if not waiting and goal.enough(items):
            return
        if time.monotonic() >= late:
            for name in waiting or [" ".join(words)]:
                say(f"gossamer: timed out waiting for {goal.text} on {name}", err=True)
            sys.exit(1)
        time.sleep(LOOK_S)


def _items(lab: LabFolder, choice: Choice, goal: WaitedFor) -> Sequence[Item]:
    """What there is; for what is to go or to come, that it is not there is no error."""
    try:
        return choose(LabObjects(lab, whole=True), choice)
    except CliError:
        if goal.may_be_absent:
            return []
        raise

"""`gossamer describe`: everything about an object, with what happened to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_client
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.objects.choose import Choice, choose
from gossamer.cli.objects.item import Item
from gossamer.cli.objects.lab_objects import LabObjects
from gossamer.cli.objects.labels import parse_selector
from gossamer.cli.objects.targets import targets
from gossamer.cli.options import lab_option, names, namespace_option, output_option
from gossamer.cli.printing.age import age
from gossamer.cli.printing.described.mesh import mesh_lines
from gossamer.cli.printing.described.pod import pod_lines
from gossamer.cli.printing.described.stored import finding_block, stored_lines
from gossamer.cli.printing.printer import aligned
from gossamer.cli.terminal.output import print_json, say
from gossamer.identity.plan import TRUST_DOMAIN
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneRefused, PlaneUnreachable

HEADS = ["Type", "Reason", "Age", "Message"]


@click.command()
@click.argument(
    "words", metavar="KIND NAME", nargs=-1, required=True, shell_complete=names("objects")
)
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of every namespace.")
@click.option("-l", "--selector", help="Only those with these labels.")
@namespace_option
@lab_option
@output_option()
def describe(
    words: tuple[str, ...],
    everywhere: bool,
    selector: str | None,
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Say everything about KIND NAME (or KIND/NAME): state, proxy, findings, events."""
    objects = LabObjects(lab, whole=True)
    asked = targets(words, lambda: objects.own_kinds)
    choice = Choice(asked, None if everywhere else namespace, parse_selector(selector))
    items = choose(objects, choice)
    if not items:
        raise CliError(
            f"there is no {asked[0].kinds[0].name} here; `gossamer get all -A` lists all"
        )
    account = _Account(objects)
    if output == "json":
        print_json([account.as_json(item) for item in items])
        return
    for number, item in enumerate(items):
        say("\n" * (number > 0) + "\n".join(account.lines(item)))


class _Account:
    """What is known beside the objects themselves; the plane may be away."""

    def __init__(self, objects: LabObjects) -> None:
        self._objects = objects
        self._lab = objects.lab
        self._plane = plane_client(self._lab)

    def as_json(self, item: Item) -> dict[str, Any]:
        return {
            "object": dict(item.shape),
            "events": self._events(item),
            "findings": self._findings(item),
            "proxy": self._proxy(item) if item.kind.name == "Pod" else None,
        }

    def lines(self, item: Item) -> Iterator[str]:
        if item.kind.name == "Pod":
            proxy, edges = self._proxy(item), self._edges()
            yield from pod_lines(item, mesh_lines(item.seen, proxy, edges, TRUST_DOMAIN))
        else:
            yield from stored_lines(self._with_endpoints(item), self._pods(item))
        yield from finding_block(self._findings(item))
        yield from _event_lines(self._events(item))

    def _proxy(self, item: Item) -> dict[str, Any] | None:
        key = f"{item.namespace}/{item.name}"
        with suppress(CliError):
            proxies = ask(self._lab.agent_socket, {"op": "status"})["proxies"]
            return next((each for each in proxies if each["pod"] == key), None)
        return None

    def _edges(self) -> list[Any]:
        with suppress(PlaneUnreachable, PlaneRefused):
            return list(self._plane.traffic()["edges"])
        return []

    def _findings(self, item: Item) -> list[Any]:
        place = f"{item.namespace}/{item.name}" if item.namespace else item.name
        name = f"{item.kind.name} {place}"
        with suppress(PlaneUnreachable, PlaneRefused):
            return [each for each in self._plane.findings()["findings"] if each["object"] == name]
        return []

    def _events(self, item: Item) -> list[Any]:
        names = (item.kind.name, item.namespace, item.name)
        events = self._objects.events
        return [each for each in events if (each["kind"], each["namespace"], each["name"]) == names]

    def _with_endpoints(self, item: Item) -> Item:
        if item.kind.name != "Service":
            return item
        ports = self._objects.services.get((item.namespace, item.name), {}).get("ports", ())
        addresses = sorted({each for port in ports for each in port["endpoints"]})
        seen = {**item.seen, "endpoints": addresses}
        return Item(
            item.kind, item.namespace, item.name, item.body, item.shape, seen, place=item.place
        )

    def _pods(self, item: Item) -> list[Any]:
        """Those of a workload, or those behind a Service."""
        here = [pod for pod in self._objects.pods if pod["namespace"] == item.namespace]
        if item.kind.name == "Service":
            wanted = (item.body.get("spec") or {}).get("selector") or {}
            return [pod for pod in here if wanted and wanted.items() <= pod["labels"].items()]
        return [p for p in here if (p["kind"], p["workload"]) == (item.kind.name, item.name)]


def _event_lines(events: list[Any]) -> Iterator[str]:
    if not events:
        yield "Events:  <none>"
        return
    yield "Events:"
    rows = [[each["type"], each["reason"], _when(each), each["message"]] for each in events]
    dashes = ["-" * len(head) for head in HEADS]
    yield from (f"  {line}" for line in aligned([HEADS, dashes, *rows]))


def _when(event: dict[str, Any]) -> str:
    if event["count"] == 1:
        return age(event["last"])
    return f"{age(event['last'])} (x{event['count']} over {age(event['first'])})"

"""`gossamer traffic`: who talks to whom, how much, how well; counted by the proxies."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.pods import WORKLOADS, workload_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, namespace_option, output_option
from gossamer.cli.pictures.edge_table import HEADS, denied_lines, table_rows
from gossamer.cli.pictures.traffic_picture import Past, picture
from gossamer.cli.terminal.output import print_json, print_table, say
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneUnreachable

Rows = Sequence[dict[str, Any]]

REDRAW_S = 1.0
ASK_AGAIN_S = 0.2


@click.command()
@click.argument("source", metavar="[SRC", required=False)
@click.argument("destination", metavar="[DST]]", required=False)
@click.option("--watch", is_flag=True, help="Go on showing it, until Ctrl-C.")
@namespace_option
@lab_option
@output_option()
def traffic(
    source: str | None,
    destination: str | None,
    watch: bool,
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Show who talks to whom: all edges, those of SRC, or those from SRC to DST.

    SRC and DST are workloads (NAMESPACE/NAME, deploy/NAME, or NAME with -n) or pods. Rates and
    latencies are of the last 10 seconds, totals since the lab started. Bytes are what
    the caller's proxy sent and received: HTTP headers and bodies or TCP payload, without TLS.
    """
    if watch and output:
        raise click.UsageError("--watch is for people; ask again with -o json instead")
    query = _Query(lab, namespace, source, destination)
    if watch:
        _watch(query)
    elif output == "json":
        print_json(query.rows())
    else:
        _show(query.rows())


class _Query:
    """Which edges are asked for."""

    def __init__(
        self, lab: LabFolder, namespace: str, source: str | None, destination: str | None
    ) -> None:
        self._lab = lab
        self._client = plane_of(lab)
        self._source = self._workload(source, namespace)
        self._destination = self._workload(destination, namespace)

    def rows(self) -> Rows:
        """The edges of now."""
        return [
            row
            for row in self.all()
            if self._source in (None, row["source"])
            and self._destination in (None, row["destination"])
        ]

    def _workload(self, workload: str | None, namespace: str) -> str | None:
        """`NAMESPACE/NAME` of what a person names; CliError for a name of nothing."""
        if workload is None or workload == "unknown" or "://" in workload:
            return workload
        kind, slash, rest = workload.partition("/")
        if slash and kind in WORKLOADS:
            workload = rest
        name = workload if "/" in workload else f"{namespace}/{workload}"
        if any(name in (row["source"], row["destination"]) for row in self.all()):
            return name
        pods = ask(self._lab.holder_socket, {"op": "pods"})["pods"]
        known = {f"{pod['namespace']}/{pod['name']}": workload_of(pod) for pod in pods}
        if name not in known and name not in known.values():
            raise CliError(
                f"there is no workload or pod {name!r}, so no traffic of it is shown; "
                f"workloads: {', '.join(sorted(set(known.values()))) or 'none'}"
            )
        return known.get(name, name)

    def all(self) -> Rows:
        """Every edge. A plane that has just begun is asked until it heard from an agent."""
        while not (answer := self._client.traffic()).get("known", True):
            time.sleep(ASK_AGAIN_S)
        edges: Rows = answer["edges"]
        return edges


def _show(rows: Rows) -> None:
    if rows:
        print_table(HEADS, table_rows(rows))
        for line in denied_lines(rows):
            say(line)
    else:
        say("no traffic was counted yet; proxies are read every second", err=True)


def _watch(query: _Query) -> None:
    try:
        if sys.stdout.isatty():
            _redraw(query)
        while True:
            _show(query.rows())
            time.sleep(REDRAW_S)
    except KeyboardInterrupt:
        return


def _redraw(query: _Query) -> None:
    """Draw over what was drawn, until interrupted; a plane that is away is waited for."""
    from rich.live import Live

    past, rows = Past(), query.rows()
    with Live(screen=False, auto_refresh=False) as live:
        while True:
            note = ""
            try:
                rows = query.rows()
                past.note(rows)
            except PlaneUnreachable:
                note = "the control plane does not answer; this is its last answer"
            size = live.console.size
            live.update(picture(rows, past, size.width, size.height, note), refresh=True)
            time.sleep(REDRAW_S)

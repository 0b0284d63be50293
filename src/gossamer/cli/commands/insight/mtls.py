"""`gossamer mtls`: whose calls are secured and whose are not, as evidence for STRICT."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.pods import WORKLOADS
from gossamer.cli.options import lab_option, names, output_option
from gossamer.cli.printing.age import age
from gossamer.cli.terminal.output import print_json, print_table, say
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneClient

Rows = Sequence[dict[str, Any]]

ASK_AGAIN_S = 0.2
_CALLS = ("CALLER", "DESTINATION", "PORT", "BY", "TLS", "CALLS", "FIRST SEEN", "LAST SEEN", "MODE")
_MODES = ("DESTINATION", "PORT", "MODE", "BECAUSE OF", "IF STRICT")


@click.command()
@click.argument("workload", required=False)
@click.option(
    "-n",
    "--namespace",
    help="The namespace of WORKLOAD; without one, whose workloads to show.",
    shell_complete=names("namespaces"),
)
@lab_option
@output_option()
def mtls(workload: str | None, namespace: str | None, lab: LabFolder, output: str | None) -> None:
    """Show whose calls are secured by mutual TLS, whose are not, and what STRICT would refuse.

    WORKLOAD (NAMESPACE/NAME, deploy/NAME, or NAME with -n) shows the calls from it and to it. Calls
    in plaintext are named by their address where no pod has it. What was not seen is said.
    """
    answer = narrowed(_asked(plane_of(lab)), workload, namespace)
    if output == "json":
        print_json(answer)
    else:
        show(answer, datetime.now(UTC))


def _asked(plane: PlaneClient) -> dict[str, Any]:
    """What the plane knows; one that has just begun is asked until it heard from an agent."""
    while not (answer := plane.mtls())["known"]:
        time.sleep(ASK_AGAIN_S)
    return answer


def narrowed(answer: dict[str, Any], workload: str | None, namespace: str | None) -> dict[str, Any]:
    """The part about one workload, or about those of a namespace. CliError for one unknown."""
    if workload is None and namespace is None:
        return answer
    wanted = _full_name(workload, namespace or "default") if workload else f"{namespace}/"
    if workload and wanted not in _known(answer):
        raise CliError(
            f"no workload {wanted!r} has a proxy or was seen to call, so nothing is shown; "
            f"known: {', '.join(sorted(_known(answer))) or 'none'}"
        )

    def meant(name: str) -> bool:
        return name == wanted if workload else name.startswith(wanted)

    calls = [c for c in answer["calls"] if meant(c["source"]) or meant(c["destination"])]
    destinations = [each for each in answer["destinations"] if meant(each["workload"])]
    return {**answer, "destinations": destinations, "calls": calls}


def _full_name(workload: str, namespace: str) -> str:
    kind, slash, rest = workload.partition("/")
    name = rest if slash and kind in WORKLOADS else workload
    return name if "/" in name else f"{namespace}/{name}"


def _known(answer: dict[str, Any]) -> set[str]:
    calls = answer["calls"]
    ends = {end for call in calls for end in (call["source"], call["destination"])}
    return {each["workload"] for each in answer["destinations"]} | {e for e in ends if "/" in e}


def show(answer: dict[str, Any], now: datetime) -> None:
    """The calls, the modes, and what all of it does not tell."""
    if answer["calls"]:
        print_table(_CALLS, [call_cells(call, now) for call in answer["calls"]])
    else:
        say("no call was seen yet; proxies are read every second")
    modes = [row for each in answer["destinations"] for row in mode_cells(each)]
    if modes:
        say()
        print_table(_MODES, modes)
    observed = answer["observed"]
    say(f"\nwatched since {observed['since']} ({observed['hours']:g} h); not seen:")
    for sentence in answer["not_seen"]:
        say(f"  {sentence}")


def call_cells(call: dict[str, Any], now: datetime) -> tuple[str, ...]:
    """One row of calls."""
    caller = call["source"] if call["address"] is None else f"{call['source']} ({call['address']})"
    port = call["port"] or (call["service"] or "-").removesuffix(".svc.cluster.local")
    agreed = [*call["tls_versions"], *call["curves"]]
    return (
        caller,
        call["destination"],
        str(port),
        call["security"],
        " ".join(agreed) or "-",
        str(call["calls"]),
        f"{age(call['first_seen'], now)} ago",
        f"{age(call['last_seen'], now)} ago",
        call["mode"] or "no proxy",
    )


def mode_cells(destination: dict[str, Any]) -> list[tuple[str, ...]]:
    """The modes of one destination; what STRICT would do is said once."""
    rows: list[tuple[str, ...]] = []
    for at, mode in enumerate(destination["ports"]):
        by = mode["by"]
        because = f"{by['object']} ({by['file']}:{by['line']})" if by else "default"
        port = "others" if mode["port"] is None else str(mode["port"])
        strict = destination["strict"] if at == 0 else ""
        rows.append((destination["workload"], port, mode["mode"], because, strict))
    return rows

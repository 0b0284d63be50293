"""`gossamer policy`: policies out of the calls that proxies saw, and what policies refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.pods import workload_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, names, output_option
from gossamer.cli.printing.policy_report import report_lines
from gossamer.cli.terminal.output import print_json, say
from gossamer.explain.suggestion import SeenCall, SeenWorkload, WindowSeen, suggested
from gossamer.lab.home import LabFolder
from gossamer.model.ids import CLUSTER_DOMAIN

ASK_AGAIN_S = 0.2
Rows = Sequence[Mapping[str, Any]]
Pods = Mapping[str, list[Mapping[str, Any]]]
_SPIFFE = "spiffe://"
_REFUSED = "refused"


@click.group()
def policy() -> None:
    """Write policies of who may call whom, and see what they refuse or would."""


@policy.command()
@click.option(
    "-n",
    "--namespace",
    default="",
    help="Of calls to workloads of this namespace; else to all.",
    shell_complete=names("namespaces"),
)
@click.option(
    "--since", default="", help="Only what was seen since this time, as 2026-11-28T16:00."
)
@lab_option
@output_option()
def report(namespace: str, since: str, lab: LabFolder, output: str | None) -> None:
    """Show what dry runs would have refused, audits noted, and rules in force refused.

    By rule and caller, with file and line. A dry run that would have refused nobody can be
    enforced; what was not seen is said.
    """
    plane = plane_of(lab)
    answer = _once_known(lambda: plane.policy_report(namespace, since))
    if output == "json":
        print_json(answer)
    else:
        say("\n".join(report_lines(answer, datetime.now(UTC))))


@policy.command()
@click.option(
    "-n",
    "--namespace",
    help="Of workloads of this namespace; else of all.",
    shell_complete=names("namespaces"),
)
@click.option("--since", help="Only of calls seen since this time, as 2026-11-28T16:00:00.")
@click.option("--shadow", is_flag=True, help="As dry runs, which count and deny nothing.")
@lab_option
def suggest(namespace: str | None, since: str | None, shadow: bool, lab: LabFolder) -> None:
    """Print AuthorizationPolicies that let in whoever was seen to call, and nobody else.

    The window in which calls were watched, and what was not seen in it, stand in comments.
    """
    plane = plane_of(lab)
    evidence = _once_known(plane.mtls)
    pods = _by_workload(ask(lab.holder_socket, {"op": "pods"})["pods"])
    calls = [c for c in evidence["calls"] if c["last_seen"] >= (since or "")]
    served = plane.services()["services"]
    workloads = list(_seen(pods, calls, served, namespace))
    if not workloads:
        where = f"in namespace {namespace}" if namespace else "in the lab"
        raise CliError(f"there is no workload with a proxy {where}, so nothing is suggested")
    watched = evidence["observed"]
    began = max(watched["since"], since or "")
    window = WindowSeen(began, watched["until"], tuple(evidence["not_seen"]))
    say(suggested(workloads, window, shadow=shadow).rstrip("\n"))


def _once_known(question: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the plane knows; one that has just begun is asked until it heard from an agent."""
    while not (answer := question())["known"]:
        time.sleep(ASK_AGAIN_S)
    return answer


def _by_workload(pods: Rows) -> Pods:
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for pod in sorted(pods, key=lambda each: str(each["name"])):
        grouped.setdefault(workload_of(dict(pod)), []).append(pod)
    return grouped


def _seen(pods: Pods, calls: Rows, services: Rows, namespace: str | None) -> Iterator[SeenWorkload]:
    for key, mine in pods.items():
        home, _, workload = key.partition("/")
        if not mine[0]["proxy"] or namespace not in (None, home):
            continue
        came = [c for c in calls if c["destination"] == key and c["security"] != _REFUSED]
        yield SeenWorkload(
            home,
            workload,
            _common_labels(mine),
            tuple(_call(each, pods, _ports(each, mine, services)) for each in came),
            gateway=bool(mine[0]["gateway"]),
        )


def _common_labels(pods: Rows) -> tuple[tuple[str, str], ...]:
    """The labels that all pods of a workload have alike."""
    shared = set.intersection(*(set(pod["labels"].items()) for pod in pods))
    return tuple(sorted(shared))


def _call(call: Mapping[str, Any], pods: Pods, ports: tuple[int, ...]) -> SeenCall:
    source = str(call["source"])
    caller = source if not call["address"] else f"{source} ({call['address']})"
    if call["security"] != "mtls":
        return SeenCall("", caller, ports)
    if source.startswith(_SPIFFE):
        return SeenCall(source.removeprefix(_SPIFFE), caller, ports)
    if source not in pods:
        return SeenCall("", caller, ports)
    namespace, account = source.partition("/")[0], pods[source][0]["service_account"]
    return SeenCall(f"{CLUSTER_DOMAIN}/ns/{namespace}/sa/{account}", caller, ports)


def _ports(call: Mapping[str, Any], pods: Rows, services: Rows) -> tuple[int, ...]:
    """The workload's port, or those that the called service has at its pods."""
    if call["port"]:
        return (int(call["port"]),)
    addresses = {address for pod in pods for address in pod["ips"]}
    ends = (
        end.rpartition(":")
        for service in services
        if service["host"] == call["service"]
        for port in service["ports"]
        for end in port["endpoints"]
    )
    return tuple(sorted({int(port) for host, _, port in ends if host.strip("[]") in addresses}))

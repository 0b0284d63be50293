"""`gossamer why`: why calls failed, from what the proxies wrote down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of, require
from gossamer.cli.lab_access.pods import find_pods, key_of, workload_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.logs.access_lines import access_lines, since_text
from gossamer.cli.logs.failure_rows import failure_row, hop_row
from gossamer.cli.logs.refused_plaintext import plaintext_rows, window_start
from gossamer.cli.options import DURATION, lab_option, names, namespace_option, output_option
from gossamer.cli.pictures.failures import show_failures, show_hops
from gossamer.cli.terminal.output import print_json, say
from gossamer.explain.failures.causes import rule_of
from gossamer.explain.failures.counted import CountedFailure, counted_failures
from gossamer.explain.failures.hops import LoggedCall, by_request, in_order
from gossamer.explain.failures.selecting import WorkloadEnd, between
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneRefused, PlaneUnreachable
from gossamer.process.clock import utc_now

Pod = dict[str, Any]

UNCLEAR = ("connect", "reset", "mtls")
"""Causes that the log alone does not explain: the mTLS modes of both ends may."""


@click.command()
@click.argument(
    "what", nargs=-1, required=True, metavar="REQUEST-ID|SRC DST", shell_complete=names("pods")
)
@click.option("--since", type=DURATION, default="10m", show_default=True, help="How far back.")
@namespace_option
@lab_option
@output_option()
def why(
    what: tuple[str, ...], since: float, namespace: str, lab: LabFolder, output: str | None
) -> None:
    """Say why calls from SRC to DST failed, or what became of the request with that id.

    SRC and DST are workloads or pods: NAMESPACE/NAME, deploy/NAME, or NAME with -n. The answer is
    from the access logs of the lab's proxies: causes with their counts, or each hop in its order.
    """
    if len(what) > 2:
        raise click.UsageError("name a request id, or SRC and DST")
    require(lab)
    if len(what) == 1:
        _request(lab, what[0], output)
    else:
        source, destination = (_pods_of(lab, name, namespace) for name in what)
        _pair(lab, source, destination, since, output)


def _request(lab: LabFolder, request_id: str, output: str | None) -> None:
    pods = ask(lab.holder_socket, {"op": "pods"})["pods"]
    lines = access_lines(lab, pods, holding=request_id)
    calls = in_order(call for call in lines.calls if call.line.request_id == request_id)
    if not calls:
        raise CliError(
            f"no proxy's log has a request {request_id[:100]!r}, so nothing can be said of it; ids "
            "are in the header x-request-id and in `gossamer logs POD --proxy`"
        )
    places = _places(lab, calls)
    rows = [hop_row(call, places) for call in calls]
    if output == "json":
        print_json({"request_id": request_id, "hops": rows})
    else:
        show_hops(request_id, rows)


def _pair(
    lab: LabFolder, source: list[Pod], destination: list[Pod], since: float, output: str | None
) -> None:
    every = {key_of(pod): pod for pod in (*source, *destination)}
    lines = access_lines(lab, every.values(), since_text(since))
    calls = between(lines.calls, _end(source), _end(destination, _hosts(lab, destination)))
    failures = counted_failures(calls)
    places = _places(lab, [failure.last for failure in failures])
    rows = [failure_row(each, places, _detail(lab, each)) for each in failures]
    ends = workload_of(source[0]), workload_of(destination[0])
    refused = _refused_plaintext(lab, ends, since)
    unlogged = sum(row["count"] for row in refused)
    summary = {
        "source": ends[0],
        "destination": ends[1],
        "since_s": since,
        "calls": _counted(calls) + unlogged,
        "failed": sum(failure.count for failure in failures) + unlogged,
        "unread_lines": lines.unread,
        "shortened_logs": list(lines.shortened),
        "causes": [*rows, *refused],
    }
    if output == "json":
        print_json(summary)
    else:
        show_failures(summary)


def _refused_plaintext(lab: LabFolder, ends: tuple[str, str], since: float) -> list[Any]:
    """Calls that no log has a line of; none while the plane is away."""
    try:
        calls = plane_of(lab).mtls()["calls"]
    except (PlaneRefused, PlaneUnreachable):
        return []
    return list(plaintext_rows(calls, *ends, window_start(utc_now(), since)))


def _pods_of(lab: LabFolder, name: str, namespace: str) -> list[Pod]:
    """The pods of a workload or the pod itself; CliError for a name of nothing."""
    pods: list[Pod] = ask(lab.holder_socket, {"op": "pods"})["pods"]
    whole = name if "/" in name else f"{namespace}/{name}"
    return [pod for pod in pods if workload_of(pod) == whole] or find_pods(lab, name, namespace)


def _end(pods: Sequence[Pod], hosts: Iterable[str] = ()) -> WorkloadEnd:
    addresses = {address for pod in pods for address in (*pod.get("ips", ()), pod["ip"])}
    return WorkloadEnd(frozenset(map(key_of, pods)), frozenset(addresses), frozenset(hosts))


def _counted(calls: Sequence[LoggedCall]) -> int:
    """How many calls these lines are of, each of which may be in two logs."""
    return sum(1 for _ in by_request(calls))


def _hosts(lab: LabFolder, pods: Sequence[Pod]) -> list[str]:
    """The hosts of the Services that select one of the pods; none while the plane is away."""
    hosts = []
    for namespace in {pod["namespace"] for pod in pods}:
        for each in _services(lab, namespace):
            wanted = (each["body"].get("spec") or {}).get("selector") or {}
            if wanted and any(wanted.items() <= pod["labels"].items() for pod in pods):
                hosts.append(f"{each['name']}.{namespace}.svc.cluster.local")
    return hosts


def _services(lab: LabFolder, namespace: str) -> list[Any]:
    try:
        return list(plane_of(lab).documents("Service", namespace)["documents"])
    except PlaneUnreachable:
        return []


def _places(lab: LabFolder, calls: Iterable[LoggedCall]) -> Mapping[str, Any]:
    """By the name of each rule that refused a call, where it is written."""
    rules = sorted({rule for call in calls if (rule := rule_of(call.line))})
    if not rules:
        return {}
    try:
        answer = plane_of(lab).rules(rules)
    except PlaneUnreachable as silent:
        say(f"rules are named without their lines: {silent}", err=True)
        return {}
    return {each["rule"]: each["because"] for each in answer["rules"]}


def _detail(lab: LabFolder, failure: CountedFailure) -> str:
    """What the mTLS modes of both ends say of a connection that failed; "" for all else."""
    call = failure.last
    if failure.cause.name not in UNCLEAR or call.arrives:
        return ""
    try:
        answer = plane_of(lab).explain(call.pod, _url(call), call.line.method or "GET")
    except (PlaneUnreachable, PlaneRefused):
        return ""
    reasons = [backend["refusal"] for backend in answer["backends"] if backend["refusal"]]
    return reasons[0] if answer["verdict"] == "denied" and reasons else ""


def _url(call: LoggedCall) -> str:
    """The URL that the caller asked for, as far as the line has it."""
    host, path = call.line.authority, call.line.path
    if call.line.method:
        return f"http://{host}{path or '/'}"
    return f"tcp://{call.line.local}"

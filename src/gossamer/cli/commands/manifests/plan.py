"""`gossamer plan`: what an apply would change, in words: proxies, and how calls end."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from gossamer.cli.commands.manifests.analyze import print_findings
from gossamer.cli.lab_access.labs import plane_of, token_in
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.offline.next_documents import next_documents
from gossamer.cli.offline.promises import NOTHING_STATED, Stated, kept_findings, stated_beside
from gossamer.cli.options import files_option, lab_option, output_option, promises_option
from gossamer.cli.reading import files_at
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder
from gossamer.lab.plan.documents import READ
from gossamer.plane.api.shapes import finding_row
from gossamer.render.given import Inputs
from gossamer.store.paths import File

NAMED = 4
"""So many pods of a workload are named."""


@click.command()
@files_option
@promises_option
@lab_option
@output_option()
def plan(paths: Inputs, promises: tuple[str, ...], lab: LabFolder, output: str | None) -> None:
    """Say what applying the files would change, and change nothing. Errors exit 1.

    A promise in promises.txt beside them that would be broken is an error.
    """
    answer = planned(lab, files_at(paths), stated_beside(paths, promises))
    if output == "json":
        print_json(answer)
    else:
        show_plan(answer)
    sys.exit(1 if any(f["severity"] == "error" for f in answer["findings"]) else 0)


def planned(
    lab: LabFolder, files: Sequence[File], stated: Stated = NOTHING_STATED
) -> dict[str, Any]:
    """What the plane would tell of an apply, with the pods that the lab would start and stop, and
    of the promises that would not hold.

    The lab knows no tokens, so with one the pods are taken to stay as they are.
    """
    plane, pairs = plane_of(lab), [(file.name, file.raw) for file in files]
    supposed: dict[str, Any] = {}
    workloads: list[Any] = []
    if not token_in(os.environ):
        documents = next_documents(plane.documents(",".join(READ))["documents"], files)
        preview = ask(lab.holder_socket, {"op": "pod_preview", "documents": documents})
        supposed, workloads = {"lab": preview["pods"]}, preview["workloads"]
    answer = plane.preview(pairs, supposed, stated.texts)
    lost = (*stated.findings, *kept_findings(stated.promises, answer.get("promises", ())))
    findings = [*answer["findings"], *map(finding_row, lost)]
    return {**answer, "findings": findings, "workloads": workloads}


def show_plan(answer: dict[str, Any]) -> None:
    """The plan for people: objects, pods, calls, proxies, findings."""
    for each in answer["applied"]:
        say(f"{each['object']} would be {each['action']}")
    if answer["workloads"]:
        say("")
    for workload in answer["workloads"]:
        say(pods_line(workload))
    calls = answer.get("calls", [])
    say(f"\n{len(calls) or 'no'} sampled call{'s' if len(calls) != 1 else ''} would change")
    for call in calls:
        say(f"  {call['call']} from {call['source']}")
        say(f"    now   {call['before']}\n    then  {call['after']}")
    show_seen(answer.get("seen"))
    proxies = answer.get("proxies", [])
    noun = "proxy" if len(proxies) == 1 else "proxies"
    say(f"\n{len(proxies) or 'no'} connected {noun} would be sent something")
    for proxy in proxies:
        counts = Counter((each["type"], each["what"]) for each in proxy["resources"])
        words = ", ".join(f"{n} {kind} {what}" for (kind, what), n in sorted(counts.items()))
        say(f"  {proxy['pod']}: {words}")
    show_promises(answer.get("promises", []))
    if answer["findings"]:
        say("")
    print_findings(f for f in answer["findings"] if f["severity"] != "info")


def show_seen(seen: dict[str, Any] | None) -> None:
    """Which calls that proxies saw would be refused, and what they cannot have seen."""
    if seen is None:
        return
    breaks, observed = seen["breaks"], seen["observed"]
    kinds = f"{len(breaks) or 'no'} kind{'s' if len(breaks) != 1 else ''} of calls"
    say(f"\n{kinds} seen since {observed['since']} ({observed['hours']:g} h) would be refused")
    for each in breaks:
        caller = each["source"] + (f" ({each['address']})" if each["address"] else "")
        to = f":{each['port']}" if each["port"] else f" ({each['service']})"
        say(f"  {caller} to {each['destination']}{to}: {each['calls']}, last {each['last_seen']}")
        because = each["because"]
        place = f"{because['file']}:{because['line']}" if because["file"] else because["object"]
        say(f"    {each['reason']}: {place}")
    for sentence in seen["not_seen"]:
        say(f"  not seen: {sentence}")


def show_promises(proofs: Sequence[dict[str, Any]]) -> None:
    """How many of the promises hold then, and which the change breaks."""
    if not proofs:
        return
    kept = sum(proof["holds"] for proof in proofs)
    say(f"\n{kept} of {len(proofs)} promises would hold")
    for proof in proofs:
        if proof["before"] == "holds" and not proof["holds"]:
            say(f"  this change breaks: {proof['promise']}")


def pods_line(workload: dict[str, Any]) -> str:
    """One workload's pods: which start, stop, are replaced by others, or restart."""
    starts, stops, restarts = (workload[what] for what in ("starts", "stops", "restarts"))
    parts = []
    if starts and stops and len(starts) == len(stops):
        parts.append(f"{_pods(starts)} replaced: {_names(stops)} by {_names(starts)}")
    else:
        parts += [f"{_pods(starts)} started: {_names(starts)}"] if starts else []
        parts += [f"{_pods(stops)} stopped: {_names(stops)}"] if stops else []
    parts += [f"{_pods(restarts)} restarted: {_names(restarts)}"] if restarts else []
    return f"{workload['kind']} {workload['namespace']}/{workload['name']}: {'; '.join(parts)}"


def _pods(keys: Sequence[str]) -> str:
    return f"{len(keys)} pod would be" if len(keys) == 1 else f"{len(keys)} pods would be"


def _names(keys: Sequence[str]) -> str:
    """A few of them; a large workload is not listed."""
    names = [key.partition("/")[2] for key in keys[:NAMED]]
    return ", ".join(names) + (f" and {len(keys) - NAMED} more" if len(keys) > NAMED else "")

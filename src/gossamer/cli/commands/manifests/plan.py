"""`gossamer plan`: what an apply would change, in words: proxies, and how calls end."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import click

from gossamer.cli.commands.manifests.analyze import print_findings
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import files_option, lab_option, output_option
from gossamer.cli.reading import files_at
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder
from gossamer.render.given import Inputs


@click.command()
@files_option
@lab_option
@output_option()
def plan(paths: Inputs, lab: LabFolder, output: str | None) -> None:
    """Say what applying the files would change, and change nothing. Errors exit 1."""
    files = [(file.name, file.raw) for file in files_at(paths)]
    answer: Any = plane_of(lab).preview(files)
    if output == "json":
        print_json(answer)
    else:
        show_plan(answer)
    sys.exit(1 if any(f["severity"] == "error" for f in answer["findings"]) else 0)


def show_plan(answer: dict[str, Any]) -> None:
    """The plan for people: objects, calls, proxies, findings."""
    for each in answer["applied"]:
        say(f"{each['object']} would be {each['action']}")
    calls = answer.get("calls", [])
    say(f"\n{len(calls) or 'no'} sampled call{'s' if len(calls) != 1 else ''} would change")
    for call in calls:
        say(f"  {call['call']} from {call['source']}")
        say(f"    now   {call['before']}\n    then  {call['after']}")
    proxies = answer.get("proxies", [])
    noun = "proxy" if len(proxies) == 1 else "proxies"
    say(f"\n{len(proxies) or 'no'} connected {noun} would be sent something")
    for proxy in proxies:
        counts = Counter((each["type"], each["what"]) for each in proxy["resources"])
        words = ", ".join(f"{n} {kind} {what}" for (kind, what), n in sorted(counts.items()))
        say(f"  {proxy['pod']}: {words}")
    if answer["findings"]:
        say("")
    print_findings(f for f in answer["findings"] if f["severity"] != "info")

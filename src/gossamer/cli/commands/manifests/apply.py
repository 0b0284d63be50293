"""`gossamer apply`: give manifests to a running mesh. It is durable when it answers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from gossamer.cli.commands.manifests.analyze import print_findings
from gossamer.cli.commands.manifests.plan import planned, show_plan
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.stand_ins import apply_lab_file
from gossamer.cli.offline.pods_to_come import without_pods_to_come
from gossamer.cli.options import (
    files_namespace_option,
    lab_option,
    optional_files_option,
    output_option,
)
from gossamer.cli.reading import files_at, placed
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder
from gossamer.plane.client import PlaneRefused
from gossamer.render.given import Inputs
from gossamer.store.paths import File


@click.command()
@optional_files_option
@click.option(
    "--stand-in", is_flag=True, help="Run a stand-in for each image that nothing else runs."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@files_namespace_option
@lab_option
@output_option()
def apply(
    paths: Inputs,
    stand_in: bool,
    dry_run: bool,
    namespace: str | None,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Apply the objects in the files, and lab.yaml. Findings are shown; text that is not taken
    exits 1."""
    if not paths and not stand_in:
        raise click.UsageError("name -f PATH or -k DIR")
    files = placed(files_at(paths), namespace) if paths else ()
    ruled = not dry_run and apply_lab_file(lab, paths, stand_in=stand_in)
    if ruled and not files:
        if output == "json":
            print_json({"applied": [], "revision": None, "findings": []})
        return
    answer = _answer(lab, files, dry_run=dry_run)
    answer["findings"] = without_pods_to_come(answer["findings"], files)
    if output == "json":
        print_json(answer)
    elif dry_run:
        show_plan(answer)
    else:
        for each in answer["applied"]:
            say(f"{each['object']} {each['action']}")
        print_findings(f for f in answer["findings"] if f["severity"] != "info")
    if not answer["applied"] and not answer["findings"]:
        raise CliError("there is no object in these files, so nothing was applied")
    sys.exit(1 if answer.get("refused") else 0)


def _answer(lab: LabFolder, files: Sequence[File], *, dry_run: bool) -> Any:
    """What was done; a refusal of everything is an answer too, where findings say why."""
    try:
        if dry_run:
            return planned(lab, files)
        return plane_of(lab).apply((file.name, file.raw) for file in files)
    except PlaneRefused as refused:
        if not refused.findings:
            raise
        return {
            "applied": [],
            "revision": None,
            "findings": list(refused.findings),
            "refused": True,
        }

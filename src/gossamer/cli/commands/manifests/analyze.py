"""`gossamer analyze`: what is wrong with manifests, printed like a compiler does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from gossamer.cli.lab_access.labs import plane_of, token_in
from gossamer.cli.lab_access.live_findings import live_findings
from gossamer.cli.offline.offline_lab import lab_findings
from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.offline.promises import StatedPromise, kept_findings, stated_beside
from gossamer.cli.offline.proofs import proofs_in
from gossamer.cli.offline.rego import rego_findings
from gossamer.cli.options import (
    lab_folder,
    lab_name_option,
    optional_paths_argument,
    output_option,
    promises_option,
)
from gossamer.cli.reading import FilesRead, gather, read_all
from gossamer.cli.terminal.output import one_line, print_json, say
from gossamer.cli.terminal.source_line import source_line
from gossamer.compile.checks.gateways.certificates import lapsed
from gossamer.compile.checks.table import check_all
from gossamer.compile.engine.foresight import foresee
from gossamer.lab.home import LabFolder
from gossamer.lab.start import attach
from gossamer.model.finding import Finding, Severity
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod
from gossamer.plane.api.shapes import finding_row
from gossamer.render.given import Inputs

Told = Mapping[str, Any]
_TOO_MUCH = (
    "info: the mesh is large, so that only a part of what its proxies would get was held against "
    "Envoy's constraints; all other checks looked at everything"
)


@click.command()
@optional_paths_argument
@click.option("--live", is_flag=True, help="Ask the running mesh about what it holds.")
@promises_option
@lab_name_option
@output_option()
def analyze(
    paths: Inputs, live: bool, promises: tuple[str, ...], name: str, output: str | None
) -> None:
    """Say what is wrong in PATH..., or with --live in the running mesh. Exit 1 on an error.

    Promises in promises.txt beside them are proven.
    """
    if not paths and not live:
        raise click.UsageError("name files or folders, or say --live")
    gathered = gather(paths)
    read = read_all(gathered.manifests)
    stated = stated_beside(paths, promises)
    together = (*_together(read, stated.promises), *lab_findings(read, gathered.lab))
    findings = (*gathered.findings, *stated.findings, *read.findings, *together)
    rows: list[Told] = [finding_row(finding) for finding in findings]
    if live:
        rows += _live(lab_folder(name))
    if output == "json":
        print_json(rows)
    else:
        print_findings(rows)
        if not rows:
            what = "the running mesh" if live else f"{len(read.manifests)} objects"
            say(f"there is nothing to say of {what}", err=True)
    sys.exit(1 if any(each["severity"] == "error" for each in rows) else 0)


def _live(lab: LabFolder) -> Iterable[Told]:
    """What the plane says of its objects, and what only the running pods show.

    The lab knows no tokens: with one the plane's part is all.
    """
    client = plane_of(lab)
    if token_in(os.environ):
        return tuple(client.findings()["findings"])
    pods = attach(lab.name, lab.root.parent.parent).call("pods")["pods"]
    shown = live_findings(pods, client.services()["services"])
    return (*client.findings()["findings"], *map(finding_row, shown))


def _together(read: FilesRead, stated: Sequence[StatedPromise]) -> tuple[Finding, ...]:
    """What is wrong with the objects in the company of each other, as a lab would run them."""
    mesh, pods = offline_mesh(read.as_if_fixed)
    objects = mesh.contributions.values()
    checked = (*check_all(mesh, objects), *lapsed(objects, time.time()), *rego_findings(objects))
    kept = kept_findings(stated, proofs_in(mesh, stated)) if stated else ()
    return (*checked, *_refused(mesh, pods, (*read.findings, *checked)), *kept)


def _refused(mesh: Mesh, pods: Mapping[str, Pod], findings: Iterable[Finding]) -> Iterable[Finding]:
    """What Envoy would refuse, of objects that nothing was said against."""
    foresight = foresee(mesh, pods.values())
    if not foresight.whole:
        say(_TOO_MUCH, err=True)
    wrong = {each.origin.object for each in findings if each.severity is Severity.ERROR}
    return (each for each in foresight.findings if each.origin.object not in wrong)


def print_findings(rows: Iterable[Told]) -> None:
    """Each finding with its place, its source line, its effect and remedy."""
    for each in rows:
        for line in finding_lines(each):
            say(line)


def finding_lines(each: Told) -> Iterable[str]:
    """One finding as people read it: nothing quoted in it can feign a line of its own."""
    return map(one_line, _lines_of(each))


def _lines_of(each: Told) -> Iterable[str]:
    place = f"{each['file']}:{each['line']}" if each["line"] else str(each["file"])
    yield f"{place}: {each['severity']}: {each['message']} [{each['code']}]"
    yield f"  in {each['object']} {each['field'] or ''}".rstrip()
    if isinstance(each["line"], int):
        yield from source_line(str(each["file"]), each["line"], str(each["field"] or ""))
    yield f"  effect: {each['effect']}"
    yield f"  remedy: {each['remedy']}"
    yield ""

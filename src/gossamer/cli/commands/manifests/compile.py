"""`gossamer compile`: what a proxy would get from manifests, with no mesh running."""

from __future__ import annotations

from collections.abc import Mapping

import click

from gossamer.cli.commands.manifests.analyze import finding_lines
from gossamer.cli.error import CliError
from gossamer.cli.options import output_option, paths_argument
from gossamer.cli.reading import files_at, read_all
from gossamer.cli.terminal.output import print_json, print_yaml, say
from gossamer.model.finding import Severity
from gossamer.model.workload.pod import Pod
from gossamer.plane.api.shapes import finding_row
from gossamer.render.given import Inputs


@click.command("compile")
@paths_argument
@click.option("--proxy", "pod", required=True, metavar="NS/POD", help="Whose proxy.")
@output_option("yaml")
def compile(paths: Inputs, pod: str, output: str | None) -> None:
    """Compile PATH... for one proxy: its resources by type and name.

    NS/POD may be a workload, NS/NAME, too. Pods are those that a lab would start. An on-demand
    proxy starts with less: it gets a virtual host, its cluster and endpoints when its workload
    first calls that host.
    """
    from gossamer.cli.offline.offline import compiled_for
    from gossamer.cli.offline.offline_mesh import offline_mesh

    read = read_all(files_at(paths))
    for finding in read.findings:
        if finding.severity is Severity.ERROR:
            say("\n".join(finding_lines(finding_row(finding))), err=True)
    mesh, pods = offline_mesh(read)
    resources = compiled_for(mesh, _chosen(pods, pod))
    if output == "json":
        print_json(resources)
    else:
        print_yaml([resources], sort_keys=True)


def _chosen(pods: Mapping[str, Pod], name: str) -> Pod:
    """The pod NS/POD, or the first of the workload NS/NAME."""
    for key, pod in sorted(pods.items()):
        if name in (key, f"{pod.namespace}/{pod.workload}"):
            return pod
    known = ", ".join(sorted({f"{pod.namespace}/{pod.workload}" for pod in pods.values()}))
    raise CliError(
        f"no pod or workload {name} comes of these files, so nothing is compiled; "
        f"workloads: {known or 'none'}"
    )

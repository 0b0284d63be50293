"""`gossamer compile`: what a proxy would get from manifests, with no mesh running."""

from __future__ import annotations

from typing import Any

import click

from gossamer.cli.options import output_option, paths_argument
from gossamer.cli.output import print_json
from gossamer.cli.reading import files_at, read_all
from gossamer.cli.trouble import Trouble


@click.command("compile")
@paths_argument
@click.option("--proxy", "pod", required=True, metavar="NS/POD", help="Whose proxy.")
@output_option("yaml")
def compile(paths: tuple[str, ...], pod: str, output: str | None) -> None:
    """Compile PATH... for one proxy: its resources by type and name.

    Pods are those that a lab would start. An on-demand proxy starts with less: it gets a
    virtual host, its cluster and endpoints when its workload first calls that host.
    """
    from gossamer.cli.offline import compiled_for, offline_mesh

    read = read_all(files_at(paths))
    mesh, pods = offline_mesh(read)
    if pod not in pods:
        known = ", ".join(sorted(pods)) or "none"
        raise Trouble(f"no pod {pod} comes of these files, so nothing is compiled; pods: {known}")
    resources = compiled_for(mesh, pods[pod])
    if output == "json":
        print_json(resources)
    else:
        click.echo(_yaml(resources), nl=False)


def _yaml(resources: dict[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(resources, sort_keys=True, allow_unicode=True)
    return text

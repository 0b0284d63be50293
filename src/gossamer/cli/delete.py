"""`gossamer delete`: objects out of a running mesh, or one pod to have it replaced."""

from __future__ import annotations

from typing import Any

import click

from gossamer.cli.get import full_kind
from gossamer.cli.options import lab_option, namespace_option, output_option
from gossamer.cli.output import print_json
from gossamer.cli.pods import find_pod
from gossamer.cli.reading import files_at
from gossamer.cli.sockets import ask
from gossamer.lab.home import LabFolder
from gossamer.plane.api_shapes import ObjectName
from gossamer.plane.client import PlaneClient


@click.command()
@click.argument("kind", required=False)
@click.argument("object_name", metavar="[NAME]", required=False)
@click.option("-f", "--filename", "paths", multiple=True, help="Delete what these files declare.")
@namespace_option
@lab_option
@output_option()
def delete(
    kind: str | None,
    object_name: str | None,
    paths: tuple[str, ...],
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Delete what files declare (-f), one object (KIND NAME), or a pod (pod POD)."""
    if paths:
        files = [(file.name, file.raw) for file in files_at(paths)]
        answer: Any = PlaneClient(lab.plane_socket, lab.name).delete(files)
    elif kind and object_name and kind in ("pod", "pods"):
        pod = find_pod(lab, object_name, namespace)
        answer = ask(lab.holder_socket, {"op": "delete_pod", "pod": _key(pod)})
        answer = {"deleted": [f"Pod {_key(pod)}"], **answer}
    elif kind and object_name:
        wanted: ObjectName = {"kind": full_kind(kind), "namespace": namespace, "name": object_name}
        answer = PlaneClient(lab.plane_socket, lab.name).delete(objects=[wanted])
    else:
        raise click.UsageError("name KIND NAME, pod POD, or files with -f")
    if output == "json":
        print_json(answer)
    else:
        for each in answer["deleted"]:
            click.echo(f"{each} deleted")


def _key(pod: dict[str, str]) -> str:
    return f"{pod['namespace']}/{pod['name']}"

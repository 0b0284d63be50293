"""`gossamer delete`: objects out of a running mesh, or one pod to have it replaced."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from gossamer.cli.commands.manifests.analyze import print_findings
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.pods import find_pod, key_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.objects.kinds import kind_of
from gossamer.cli.options import (
    lab_option,
    namespace_option,
    optional_files_option,
    output_option,
)
from gossamer.cli.reading import files_at, read_manifests
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder
from gossamer.model.finding import Severity
from gossamer.render.given import Inputs
from gossamer.store.paths import File


@click.command()
@click.argument("kind", required=False)
@click.argument("object_name", metavar="[NAME]", required=False)
@optional_files_option
@namespace_option
@lab_option
@output_option()
def delete(
    kind: str | None,
    object_name: str | None,
    paths: Inputs,
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Delete what files declare (-f), one object (KIND NAME), or a pod (pod POD)."""
    if paths and not kind:
        answer = _delete_files(lab, files_at(paths))
    elif kind and object_name and not paths:
        answer = _delete_one(lab, kind, namespace, object_name)
    else:
        raise click.UsageError("name KIND NAME, pod POD, or files with -f")
    if output == "json":
        print_json(answer)
    else:
        for each in answer["deleted"]:
            say(f"{each} deleted")
        if not answer["deleted"]:
            say("nothing that these files declare was there", err=True)
        print_findings(answer.get("findings", ()))
    sys.exit(1 if answer.get("findings") else 0)


def _delete_files(lab: LabFolder, files: Sequence[File]) -> Any:
    """What the files declare; what of them cannot be read is among the findings."""
    answer = plane_of(lab).delete([(file.name, file.raw) for file in files])
    unread = [f.as_json() for f in read_manifests(files).findings if f.severity is Severity.ERROR]
    return {**answer, "findings": unread}


def _delete_one(lab: LabFolder, kind: str, namespace: str, name: str) -> Any:
    if kind in ("po", "pod", "pods"):
        key = key_of(find_pod(lab, name, namespace))
        ask(lab.holder_socket, {"op": "delete_pod", "pod": key})
        return {"deleted": [f"Pod {key}"]}
    wanted = {"kind": kind_of(kind).name, "namespace": namespace, "name": name}
    return plane_of(lab).delete(objects=[wanted])

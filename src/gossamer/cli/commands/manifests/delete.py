"""`gossamer delete`: objects out of a running mesh, or one pod to have it replaced."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from gossamer.cli.commands.manifests.analyze import print_findings
from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.lab_access.pods import PODS, find_pod, key_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.objects.targets import targets
from gossamer.cli.options import (
    lab_option,
    names,
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
@click.argument("kind", required=False, shell_complete=names("objects"))
@click.argument("object_names", metavar="[NAME]...", nargs=-1, shell_complete=names("objects"))
@optional_files_option
@namespace_option
@lab_option
@output_option()
def delete(
    kind: str | None,
    object_names: tuple[str, ...],
    paths: Inputs,
    namespace: str,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Delete what files declare (-f), one object (KIND NAME), or a pod (pod POD)."""
    if paths and not kind:
        answer = _delete_files(lab, files_at(paths))
    elif kind and not paths and (object_names or "/" in kind):
        answer = _delete_named(lab, (kind, *object_names), namespace)
    else:
        raise click.UsageError("name KIND NAME..., KIND/NAME..., or files with -f")
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
    from gossamer.plane.api.shapes import finding_row

    answer = plane_of(lab).delete([(file.name, file.raw) for file in files])
    unread = [
        finding_row(f) for f in read_manifests(files).findings if f.severity is Severity.ERROR
    ]
    return {**answer, "findings": unread}


def _delete_named(lab: LabFolder, words: tuple[str, ...], namespace: str) -> Any:
    """KIND NAME..., or KIND/NAME...; a pod is named in any way that `exec` takes."""
    if words[0] in PODS:
        return {"deleted": [_delete_pod(lab, pod, namespace) for pod in words[1:]]}
    deleted: list[str] = []
    answer: dict[str, Any] = {}
    for target in targets(words):
        kind, name = target.kinds[0].name, target.name or ""
        if kind == "Pod":
            deleted.append(_delete_pod(lab, name, namespace))
            continue
        wanted = {"kind": kind, "namespace": namespace, "name": name}
        answer = dict(plane_of(lab).delete(objects=[wanted]))
        deleted += answer["deleted"]
    return {**answer, "deleted": deleted}


def _delete_pod(lab: LabFolder, name: str, namespace: str) -> str:
    """A workload brings another one; a bare pod is gone, and so is its object."""
    pod = find_pod(lab, name, namespace)
    if pod["kind"] == "Pod":
        wanted = {"kind": "Pod", "namespace": pod["namespace"], "name": pod["name"]}
        plane_of(lab).delete(objects=[wanted])
    else:
        ask(lab.holder_socket, {"op": "delete_pod", "pod": key_of(pod)})
    return f"Pod {key_of(pod)}"

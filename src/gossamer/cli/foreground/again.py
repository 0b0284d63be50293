"""`gossamer up` of a lab that runs: its files are applied, and what left them is told.

The holder remembers which objects the last `up` gave, so that an object which someone applied
beside them is never taken for one that was removed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gossamer.cli.commands.manifests.analyze import finding_lines
from gossamer.cli.offline.pods_to_come import without_pods_to_come
from gossamer.cli.reading import FilesRead, read_manifests
from gossamer.cli.terminal.output import say
from gossamer.cli.terminal.start_outcome import StartOutcome
from gossamer.lab.files import Files
from gossamer.lab.start import LabHandle
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Severity
from gossamer.plane.client import PlaneClient, PlaneRefused
from gossamer.process.shape import as_words
from gossamer.store.paths import File

Named = dict[str, str]

LOOK_S = 0.2
STEADY_LOOKS = 5
"""So many looks in a row at pods that no waiting helps: then they are not waited for."""


@dataclass(frozen=True, slots=True)
class AppliedFiles:
    """What a second `up` did: whether all was taken, and the revision that has it."""

    refused: bool
    revision: int


def apply_again(
    handle: LabHandle, files: Files, *, prune: bool, quiet: bool = False
) -> AppliedFiles:
    """Apply the files to a running lab; tell what changed, what was refused and what left them.

    `quiet` leaves standard output to a program.
    """
    given = [File(name, text.encode()) for name, text in files.manifests]
    read = read_manifests(given)
    client = PlaneClient(handle.folder.plane_socket, handle.folder.name)
    handle.call("lab_file", lab=as_words(files.lab), stand_in=files.stand_in)
    answer = _answer(client, given)
    _tell(answer, given, to_errors=quiet)
    if _whole(read):
        _handle_left(handle, client, objects_of(read.manifests), prune=prune)
    return AppliedFiles(bool(answer.get("refused")), int(answer.get("revision") or 0))


def _answer(client: PlaneClient, given: Sequence[File]) -> Any:
    try:
        return client.apply([(file.name, file.raw) for file in given])
    except PlaneRefused as refused:
        if not refused.findings:
            raise
        return {"applied": [], "findings": list(refused.findings), "refused": True}


def _tell(answer: Any, given: Sequence[File], *, to_errors: bool) -> None:
    changed = [each for each in answer["applied"] if each["action"] != "unchanged"]
    for each in changed:
        say(f"{each['object']} {each['action']}", err=to_errors)
    if not changed and not answer.get("refused"):
        say("nothing has changed in these files", err=to_errors)
    findings = without_pods_to_come(answer["findings"], given)
    for each in findings:
        if each["severity"] != "info":
            say("\n".join(finding_lines(each)), err=True)


def _whole(read: FilesRead) -> bool:
    """Whether every file could be read: of a broken one nobody knows what it has."""
    return not any(finding.severity is Severity.ERROR for finding in read.findings)


def objects_of(manifests: Iterable[Manifest]) -> list[Named]:
    """`{kind, namespace, name}` of each."""
    return [
        {"kind": each.kind, "namespace": each.namespace, "name": each.name} for each in manifests
    ]


def _handle_left(
    handle: LabHandle, client: PlaneClient, present: list[Named], *, prune: bool
) -> None:
    """Tell of the objects that the last `up` gave and this one doesn't; with `prune` they go."""
    given = handle.call("given")["objects"]
    left = [each for each in given if each not in present]
    for each in left:
        if prune:
            client.delete(objects=[each])
        say(_deleted(each) if prune else _stays(each), err=True)
    handle.call("given", objects=[*present, *([] if prune else left)])


def _deleted(each: Named) -> str:
    return f"{_shown(each)} deleted"


def _stays(each: Named) -> str:
    namespace = each["namespace"]
    words = f" -n {namespace}" if namespace not in ("", "default") else ""
    return (
        f"{_shown(each)} is not in the files any more and stays; --prune removes it, or "
        f"`gossamer delete {each['kind'].lower()} {each['name']}{words}`"
    )


def _shown(each: Named) -> str:
    where = f"{each['namespace']}/" if each["namespace"] else ""
    return f"{each['kind']} {where}{each['name']}"


def until_ready(handle: LabHandle, revision: int, patience: float) -> StartOutcome:
    """Wait until the pods are as the documents of that revision want them."""
    late, steady = time.monotonic() + patience, 0
    while True:
        shown = handle.call("pods")
        waiting = not_ready(shown["pods"])
        if shown["revision"] >= revision and shown["ready"]:
            return StartOutcome()
        stuck = bool(waiting) and all(
            pod["stuck"] or _done(pod) for pod in shown["pods"] if not pod["ready"]
        )
        steady = steady + 1 if stuck else 0
        if steady >= STEADY_LOOKS:
            return StartOutcome(waiting)
        if time.monotonic() > late:
            return StartOutcome(waiting, late=True)
        time.sleep(LOOK_S)


def not_ready(pods: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Each pod that is neither ready nor done, with its reason."""
    return {
        f"{pod['namespace']}/{pod['name']}": str(pod["reason"])
        for pod in pods
        if not pod["ready"] and not _done(pod)
    }


def _done(pod: Mapping[str, Any]) -> bool:
    return bool(pod["phase"] == "succeeded")

"""`gossamer up --stand-in=write`: a lab.yaml beside the manifests, to edit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from gossamer.apps.images import stand_in
from gossamer.cli.error import CliError
from gossamer.cli.reading import read_manifests
from gossamer.lab.files import Files
from gossamer.lab.lab_file import LAB_FILE
from gossamer.lab.plan.documents import LabDocument, LabDocuments
from gossamer.lab.plan.pod.command import LabSettings
from gossamer.lab.plan.stand_ins.written import lab_file_text
from gossamer.lab.plan.workloads import plan_pods
from gossamer.manifests.manifest import plain
from gossamer.render.given import Inputs
from gossamer.store.paths import File


def write_lab_file(paths: Inputs, files: Files, *, overwrite: bool) -> str:
    """Write it, and say where and what comes next. CliError where one is there already."""
    target = _beside(paths)
    if target.exists() and not (overwrite or _may_replace(target)):
        raise CliError(
            f"{target} is there already, so nothing was written; edit it, or say --overwrite"
        )
    text, count = _text(files)
    try:
        target.write_text(text)
    except OSError as error:
        raise CliError(
            f"{target} cannot be written ({error.strerror}), so nothing was; copy the manifests "
            "to a folder of yours"
        ) from error
    images = f"{count} image{'s' * (count != 1)}"
    return f"wrote {target} with {images}; edit it, then start: gossamer up {target.parent}"


def _beside(paths: Inputs) -> Path:
    """In the folder that was named first, or beside the file that was."""
    first = Path(next(iter((*paths.paths, *paths.kustomized))))
    if str(first) == "-":
        return Path(LAB_FILE)
    return (first if first.is_dir() else first.parent) / LAB_FILE


def _may_replace(target: Path) -> bool:
    """Ask, where there is somebody to ask."""
    return sys.stdin.isatty() and click.confirm(f"{target} is there already. Replace it?", err=True)


def _text(files: Files) -> tuple[str, int]:
    read = read_manifests(File(name, text.encode()) for name, text in files.manifests)
    documents = LabDocuments(
        LabDocument(m.kind, m.api_version, m.namespace, m.name, plain(m.body), m.source.file)
        for m in read.manifests
    )
    settings = LabSettings(
        stand_in=stand_in,
        runs_here=lambda program: shutil.which(program) is not None,
        stand_in_for_all=True,
    )
    return lab_file_text(plan_pods(documents, settings), documents)

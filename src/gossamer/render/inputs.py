"""What a command is given: files and folders with -f, and Kustomize folders with -k."""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.model.finding import Finding
from gossamer.render.disk import LocalFiles
from gossamer.render.given import Given, Inputs
from gossamer.render.helm import is_chart, render_chart
from gossamer.render.kustomize.build import build
from gossamer.render.kustomize.text import text_of
from gossamer.store.paths import File, read_paths


@dataclass(frozen=True, slots=True)
class InputsRead:
    """The files, as they are or rendered, and findings on what could not be rendered."""

    files: tuple[File, ...]
    findings: tuple[Finding, ...] = ()


def read_inputs(given: Given) -> InputsRead:
    """Every file that is named, and one for each rendered folder. Raises PathProblem."""
    inputs = given if isinstance(given, Inputs) else Inputs(tuple(given))
    files = list(read_paths(path for path in inputs.paths if not is_chart(path)))
    findings: list[Finding] = []
    for chart in filter(is_chart, inputs.paths):
        rendered, remarks = render_chart(chart.rstrip("/") or "/")
        files += rendered
        findings += remarks
    for folder in inputs.kustomized:
        objects, remarks = build(folder.rstrip("/") or "/", LocalFiles())
        findings += remarks
        if objects:
            files.append(File(folder, text_of(objects).encode()))
    return InputsRead(tuple(files), tuple(findings))

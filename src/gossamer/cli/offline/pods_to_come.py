"""Findings about missing pods, just when the pods are being made: not worth an alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gossamer.cli.terminal.progress import OF_PODS
from gossamer.store.paths import File

Told = Mapping[str, Any]


def without_pods_to_come(findings: Sequence[Told], files: Iterable[File]) -> list[Told]:
    """The findings, less those that hold only until the files' own workloads have their pods.

    These workloads are looked at as `analyze` would; what it says too, is said.
    """
    if not any(each["code"] in OF_PODS for each in findings):
        return list(findings)
    expected = _analyzed(files)
    return [each for each in findings if each["code"] not in OF_PODS or _place(each) in expected]


def _analyzed(files: Iterable[File]) -> set[tuple[str, ...]]:
    from gossamer.cli.offline.offline_mesh import offline_mesh
    from gossamer.cli.reading import read_all
    from gossamer.compile.checks.table import check_all
    from gossamer.plane.api.shapes import finding_row

    mesh, _ = offline_mesh(read_all(files).as_if_fixed)
    return {_place(finding_row(each)) for each in check_all(mesh, mesh.contributions.values())}


def _place(finding: Told) -> tuple[str, ...]:
    return (str(finding["code"]), str(finding["object"]), str(finding["field"]))

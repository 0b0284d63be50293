"""A Helm chart's folder into its manifests, by `helm template` where helm is installed.

Each line is traced back to the template that it comes from: helm says which file, and a line of a
template that has no placeholder stands in the outcome as it is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml

from gossamer.manifests.origins import Place, header
from gossamer.model.finding import Finding
from gossamer.model.origin import ObjectRef, Origin
from gossamer.store.paths import File

CHART = "Chart.yaml"
_LONGEST_S = 60.0
_SOURCE = re.compile(r"^# Source: [^/\s]+/(\S+)$", re.MULTILINE)
_NOTHING = "nothing of the chart is used"


def is_chart(path: str) -> bool:
    """Whether a path is the folder of a Helm chart."""
    return os.path.isfile(os.path.join(path, CHART)) and os.path.isdir(
        os.path.join(path, "templates")
    )


def render_chart(folder: str) -> tuple[tuple[File, ...], tuple[Finding, ...]]:
    """The chart's manifests with its own values, or the finding that says why there are none."""
    helm, name = shutil.which("helm"), _name(folder)
    if helm is None:
        return (), (_not_here(folder, name),)
    try:
        run = subprocess.run(
            [helm, "template", name, folder],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return (), (_refused(folder, name, str(error)),)
    if run.returncode:
        return (), (_refused(folder, name, run.stderr.strip().partition("\n")[0]),)
    return (File(folder, "".join(_traced(folder, run.stdout)).encode()),), ()


def _name(folder: str) -> str:
    """The chart's name, which serves as the name of the release."""
    try:
        chart = yaml.safe_load(Path(folder, CHART).read_text())
        name = str(chart["name"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        name = ""
    return name if re.fullmatch(r"[a-z0-9][-a-z0-9.]{0,52}", name) else "chart"


def _traced(folder: str, text: str) -> Iterator[str]:
    """Each document with the origin of its lines above it."""
    for document in re.split(r"^---[ \t]*\n", text, flags=re.MULTILINE):
        if not document.strip():
            continue
        source = _SOURCE.search(document)
        file = os.path.join(folder, source[1]) if source else os.path.join(folder, CHART)
        rows = document.rstrip("\n").split("\n")
        places = tuple(_places(file, rows))
        yield "\n".join(("---", header((places[0], *places)), *rows)) + "\n"


def _places(file: str, rows: list[str]) -> Iterator[Place]:
    """The template's line of each row: the next one that reads the same, or the last such."""
    try:
        template = [row.strip() for row in Path(file).read_text(errors="replace").split("\n")]
    except OSError:
        template = []
    at = 0
    for row in rows:
        if row.strip() in template[at:]:
            at = template.index(row.strip(), at) + 1
        else:
            at = _filled(row, template, at)
        yield file, max(at, 1)


def _filled(row: str, template: list[str], at: int) -> int:
    """The line after `at` that has the same field and a placeholder; `at` where there is none."""
    field = row.strip().partition(":")[0]
    for number, line in enumerate(template[at:], at + 1):
        if "{{" in line and line.partition(":")[0] == field:
            return number
    return at


def _not_here(folder: str, name: str) -> Finding:
    return _finding(
        folder,
        f"{folder} is a Helm chart, and helm is not installed on this machine",
        f"Install helm, or render it where helm is: helm template {name} {folder} | "
        "gossamer COMMAND -f -",
    )


def _refused(folder: str, name: str, reason: str) -> Finding:
    return _finding(
        folder,
        f"helm does not render this chart: {reason}",
        f"See what it says: helm template {name} {folder}",
    )


def _finding(folder: str, message: str, remedy: str) -> Finding:
    origin = Origin(ObjectRef("Chart", "", folder), os.path.join(folder, CHART), 1)
    return Finding(origin, message, _NOTHING, remedy, "helm-template")

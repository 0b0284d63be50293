"""What people give to `up`: manifest files, folders of them, and lab.yaml among or beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gossamer.model.finding import Finding
from gossamer.render.given import Given
from gossamer.render.inputs import read_inputs
from gossamer.store.manifest_files import manifest_files
from gossamer.store.paths import PathProblem

LAB_FILE = "lab.yaml"


@dataclass(frozen=True, slots=True)
class Files:
    """Manifests as (file, text), and lab.yaml's mapping of image globs to command lines.

    `passed_by` is said of files that a folder has for other programs, and of what could not be
    rendered.
    """

    manifests: tuple[tuple[str, str], ...] = ()
    images: tuple[tuple[str, str], ...] = ()
    passed_by: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"manifests": list(self.manifests), "images": list(self.images)}

    @classmethod
    def from_json(cls, words: dict[str, Any]) -> Files:
        """What `as_json` wrote."""
        manifests = tuple((str(name), str(text)) for name, text in words["manifests"])
        return cls(manifests, tuple((str(glob), str(line)) for glob, line in words["images"]))


def read_files(given: Given) -> Files:
    """Every manifest that is named or rendered; PathProblem for what cannot be read."""
    inputs = read_inputs(given)
    found = inputs.files
    labs = dict.fromkeys(Path(file.name) for file in found if is_lab_file(file.name))
    beside = (Path(file.name).parent / LAB_FILE for file in found if file.name != "-")
    labs |= dict.fromkeys(path for path in beside if path.is_file())
    gathered = manifest_files(file for file in found if not is_lab_file(file.name))
    manifests = tuple((file.name, file.raw.decode(errors="replace")) for file in gathered.manifests)
    images = tuple(pair for path in labs for pair in _images(path))
    return Files(manifests, images, (*inputs.findings, *gathered.findings))


def is_lab_file(name: str) -> bool:
    """Whether a file is the lab's own, not a manifest."""
    return Path(name).name == LAB_FILE


def _images(path: Path) -> Iterator[tuple[str, str]]:
    try:
        content = yaml.safe_load(path.read_text()) or {}
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise PathProblem(f"{path} is not YAML: {error}. Nothing is started. Fix it") from error
    images = content.get("images", {}) if isinstance(content, dict) else None
    if not isinstance(images, dict):
        raise PathProblem(
            f"{path}: `images` is not a mapping of image globs to command lines. "
            "Nothing is started. Write  images: {'redis*': 'redis-server'}"
        )
    yield from ((str(glob), str(line)) for glob, line in images.items())

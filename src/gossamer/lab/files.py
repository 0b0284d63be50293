"""What people give to `up`: manifest files, folders of them, and lab.yaml among or beside them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from gossamer.lab.lab_file import LAB_FILE, NOTHING_SAID, LabFile, read_lab_file
from gossamer.model.finding import Finding, Severity
from gossamer.render.given import Given
from gossamer.render.inputs import read_inputs
from gossamer.store.manifest_files import manifest_files
from gossamer.store.paths import File, PathProblem, read_file


class Files(Struct, frozen=True, omit_defaults=True):
    """Manifests as (file, text), and what lab.yaml says.

    `stand_in` is the command line's wish for stand-ins; `passed_by` is said of files that a folder
    has for other programs, of what could not be rendered, and of what is doubtful in lab.yaml.
    """

    manifests: tuple[tuple[str, str], ...] = ()
    lab: LabFile = NOTHING_SAID
    stand_in: bool = False
    passed_by: tuple[Finding, ...] = ()

    def encoded(self) -> bytes:
        """For the holder: all but what is said of other files."""
        return msgspec.json.encode(structs.replace(self, passed_by=()))

    @classmethod
    def decode(cls, text: bytes) -> Files:
        """What was encoded."""
        return msgspec.json.decode(text, type=cls)


def read_files(given: Given) -> Files:
    """All that is named or rendered, and lab.yaml; PathProblem for what cannot be read."""
    inputs = read_inputs(given)
    gathered = manifest_files(file for file in inputs.files if not is_lab_file(file.name))
    manifests = tuple((file.name, file.raw.decode(errors="replace")) for file in gathered.manifests)
    lab, doubts = lab_among(inputs.files)
    return Files(manifests, lab, passed_by=(*inputs.findings, *gathered.findings, *doubts))


def lab_files_in(given: Given) -> tuple[Path, ...]:
    """Each lab.yaml that is named or lies in a named folder; PathProblem as `read_files`."""
    return tuple(Path(file.name) for file in read_inputs(given).files if is_lab_file(file.name))


def is_lab_file(name: str) -> bool:
    """Whether a file is the lab's own, not a manifest."""
    return Path(name).name == LAB_FILE


def lab_among(files: Iterable[File]) -> tuple[LabFile, tuple[Finding, ...]]:
    """What the lab.yaml files say that are among these files or beside one of them."""
    names = [Path(file.name) for file in files if file.name != "-"]
    labs = dict.fromkeys(path for path in names if is_lab_file(path.name))
    beside = (path.parent / LAB_FILE for path in names)
    labs |= dict.fromkeys(path for path in beside if path.is_file())
    return read_lab_files(labs)


def read_lab_files(paths: Iterable[Path]) -> tuple[LabFile, tuple[Finding, ...]]:
    """What they say together, and what is doubtful; PathProblem where one is wrong."""
    lab, doubts = NOTHING_SAID, list[Finding]()
    for path in paths:
        read, findings = read_lab_file(read_file(str(path)), str(path))
        wrong = [finding for finding in findings if finding.severity is Severity.ERROR]
        if wrong:
            lines = (f"{each.origin.file}:{each.origin.line}: {each.message}" for each in wrong)
            raise PathProblem(f"{'; '.join(lines)}. Nothing is done. {wrong[0].remedy}")
        lab = lab.beside(read)
        doubts += findings
    return lab, tuple(doubts)

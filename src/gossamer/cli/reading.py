"""Reading the manifests that a command names, offline, through the same rooms as the plane."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gossamer.cli.error import CliError
from gossamer.cli.offline.in_namespace import NamespaceClash, in_namespace
from gossamer.cli.offline.promises import is_promises_file
from gossamer.cli.terminal.output import one_line, say
from gossamer.dialects.read import KINDS, read_manifest
from gossamer.dialects.unread_kinds import unread_kinds
from gossamer.lab.files import is_lab_file, lab_among
from gossamer.lab.lab_file import LabFile
from gossamer.manifests.manifest import Manifest
from gossamer.manifests.read import read_text
from gossamer.manifests.yaml.duplicates import duplicates
from gossamer.model.finding import Finding, Severity
from gossamer.model.fragment import Contribution
from gossamer.render.given import Given
from gossamer.render.inputs import read_inputs
from gossamer.store.manifest_files import manifest_files
from gossamer.store.paths import File, PathProblem


@dataclass(frozen=True, slots=True)
class FilesRead:
    """Manifests, what they contribute to a mesh, and what there is to say about them.

    `readable` is what refused objects would contribute at least, once they are fixed.
    """

    manifests: tuple[Manifest, ...]
    contributions: tuple[Contribution, ...]
    findings: tuple[Finding, ...]
    readable: tuple[Contribution, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def as_if_fixed(self) -> FilesRead:
        """With what refused objects would contribute, beside which all others are checked."""
        return replace(self, contributions=(*self.contributions, *self.readable))


@dataclass(frozen=True, slots=True)
class Gathered:
    """The manifest files, what lab.yaml says, and what is said of files that are passed by or
    cannot be rendered."""

    manifests: tuple[File, ...]
    findings: tuple[Finding, ...]
    lab: LabFile


def gather(given: Given) -> Gathered:
    """What is named, rendered where it has to be; CliError where a file cannot be read."""
    try:
        inputs = read_inputs(given)
        lab, doubts = lab_among(inputs.files)
    except PathProblem as problem:
        raise CliError(str(problem)) from problem
    others = (is_lab_file, is_promises_file)
    kept = manifest_files(f for f in inputs.files if not any(is_one(f.name) for is_one in others))
    return Gathered(kept.manifests, (*inputs.findings, *kept.findings, *doubts), lab)


def files_at(given: Given) -> tuple[File, ...]:
    """The manifest files; what is passed by is reported on standard error. CliError where a folder
    or chart that was named cannot be rendered."""
    gathered = gather(given)
    tell_passed_by(gathered.findings)
    return gathered.manifests


def placed(files: Iterable[File], namespace: str | None) -> tuple[File, ...]:
    """The files with `-n` put into objects that name none; CliError where one names another."""
    try:
        return in_namespace(files, namespace)
    except NamespaceClash as clash:
        raise CliError(str(clash)) from clash


def tell_passed_by(findings: Iterable[Finding]) -> None:
    """Tell of files that are passed by, or raise CliError with what cannot be rendered."""
    findings = tuple(findings)
    errors = [told_of(each) for each in findings if each.severity is Severity.ERROR]
    for finding in findings:
        if finding.severity is not Severity.ERROR:
            say(one_line(told_of(finding)), err=True)
    if errors:
        lines = "\n".join(f"  {one_line(each)}" for each in errors)
        raise CliError(f"what was named cannot be rendered, so nothing was done:\n{lines}")


def told_of(finding: Finding) -> str:
    """A finding in one line."""
    line = f":{finding.origin.line}" if finding.origin.line else ""
    return f"{finding.origin.file}{line}: {finding.message}; {finding.effect}. {finding.remedy}"


def read_manifests(files: Iterable[File]) -> FilesRead:
    """The manifests in the files, whatever they mean; findings are of what is no manifest."""
    manifests: list[Manifest] = []
    findings: list[Finding] = []
    for file in files:
        objects, problems = read_text(file.raw, file.name)
        manifests.extend(objects)
        findings.extend(problems)
    return FilesRead(tuple(manifests), (), tuple(findings))


def read_all(files: Iterable[File]) -> FilesRead:
    """All that the files say, and mean; findings in the order of the files."""
    manifests: list[Manifest] = []
    contributions: list[Contribution] = []
    readable: list[Contribution] = []
    findings: list[Finding] = []
    for file in files:
        read = read_manifests([file])
        readings = [read_manifest(manifest) for manifest in read.manifests]
        manifests += read.manifests
        contributions += (r.contribution for r in readings if r.contribution is not None)
        readable += (r.readable for r in readings if r.readable is not None)
        findings += (*read.findings, *(f for reading in readings for f in reading.findings))
    findings += (*duplicates(manifests), *unread_kinds(manifests, KINDS))
    return FilesRead(tuple(manifests), tuple(contributions), tuple(findings), tuple(readable))

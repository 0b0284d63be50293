"""Promises under version control: `promises.txt` beside manifests, and what its lines come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path
from typing import Any

from gossamer.cli.error import CliError
from gossamer.explain.promises.promise import BadPromise, Promise, promises_in, read_promise
from gossamer.model.finding import Finding, Severity
from gossamer.model.origin import ObjectRef, Origin
from gossamer.render.given import Inputs

PROMISES_FILE = "promises.txt"


@dataclass(frozen=True, slots=True)
class StatedPromise:
    """A promise and where it is written."""

    promise: Promise
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Stated:
    """The promises of some files, and what there is to say of lines that are none."""

    promises: tuple[StatedPromise, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def texts(self) -> list[str]:
        """The promises as they are put to a plane."""
        return [each.promise.text for each in self.promises]


NOTHING_STATED = Stated()


def stated_beside(given: Inputs, named: Iterable[str] = ()) -> Stated:
    """The promises in `promises.txt` of each folder that is given, or beside a file that is; and in
    the files that are named: each file once, by whatever path it is given. CliError for a named
    file that cannot be read."""
    places = [Path(each) for each in (*given.paths, *given.kustomized) if each != "-"]
    folders = (place if place.is_dir() else place.parent for place in places)
    beside = [path for folder in folders if (path := folder / PROMISES_FILE).is_file()]
    once = {realpath(path): path for path in (*map(Path, named), *beside)}
    return _read(once.values())


def is_promises_file(name: str) -> bool:
    """Whether a file holds promises, not manifests."""
    return Path(name).name == PROMISES_FILE


def _read(paths: Iterable[Path]) -> Stated:
    promises: list[StatedPromise] = []
    findings: list[Finding] = []
    for path in paths:
        try:
            lines = promises_in(path.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise CliError(f"promises cannot be read from {path}: {error}") from error
        for at, text in lines:
            try:
                promises.append(StatedPromise(read_promise(text), str(path), at))
            except BadPromise as error:
                findings.append(_invalid(str(path), at, text, error))
    return Stated(tuple(promises), tuple(findings))


def _invalid(file: str, line: int, text: str, error: BadPromise) -> Finding:
    return Finding(
        Origin(ObjectRef("Promise", "", text), file, line),
        str(error),
        "nothing is proven for this line",
        "Write it as docs/promises.md says, or make it a comment with #",
        "invalid-promise",
    )


def kept_findings(
    stated: Sequence[StatedPromise], proofs: Sequence[Mapping[str, Any]]
) -> list[Finding]:
    """What is said of promises that do not hold, by their proofs as JSON."""
    pairs = zip(stated, proofs, strict=True)
    return [_lost(each, proof) for each, proof in pairs if not proof["holds"]]


def _lost(each: StatedPromise, proof: Mapping[str, Any]) -> Finding:
    origin = Origin(ObjectRef("Promise", "", each.promise.text), each.file, each.line)
    shown = f": {call_line(proof['call'])}" if proof["call"] else ""
    if proof["outcome"] == "broken":
        return Finding(
            origin,
            f"the promise does not hold, for {proof['reason']}{shown}",
            "what was promised of who may call whom is not so" + _by(proof),
            "Change the policies so that it holds (gossamer prove shows when), or take it back",
            "broken-promise",
        )
    return Finding(
        origin,
        f"the promise is not proven, for {proof['reason']}{shown}",
        "it may hold or not" + _by(proof),
        "Write the policies without what is left open, or narrow the promise",
        "unproven-promise",
        Severity.WARNING,
    )


def _by(proof: Mapping[str, Any]) -> str:
    by = proof["by"]
    return f"; see {place_of(by)}" if by else ""


def place_of(by: Mapping[str, Any]) -> str:
    """Where a rule is written, for people."""
    place = f"{by['file']}:{by['line']}" if by["line"] else str(by["file"] or "(no file)")
    return f"{place} {by['object']} {by['field']}".rstrip()


def call_line(call: Mapping[str, Any]) -> str:
    """The call that shows an answer, in one line."""
    who = call["source"] or call["identity"] or "somebody without an identity"
    how = f"mutual TLS as {call['identity']}" if call["mtls"] else "plaintext"
    what = f", {call['method']} {call['path']}" if call["protocol"] == "http" else ""
    more = {**call["headers"], **call["with"], **({"host": call["host"]} if call["host"] else {})}
    beside = "".join(f", {name} {value}" for name, value in sorted(more.items()))
    return f"{who} calls {call['destination']} port {call['port']}{what} in {how}{beside}"

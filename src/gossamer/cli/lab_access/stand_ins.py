"""Stand-ins for a lab that runs: what is offered, and what `apply` does of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable

import msgspec

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import require, require_no_token
from gossamer.cli.reading import told_of
from gossamer.cli.terminal.output import one_line, say
from gossamer.lab.files import lab_files_in, read_lab_files
from gossamer.lab.home import LabFolder
from gossamer.lab.lab_file import LabFile
from gossamer.lab.start import attach
from gossamer.render.given import Inputs
from gossamer.store.paths import PathProblem

_NO_COMMAND = "no local command"


def offer_stand_ins(reasons: Iterable[str], lab: str) -> None:
    """The exact commands, where an image without a local command keeps pods from starting."""
    if not any(_NO_COMMAND in reason for reason in reasons):
        return
    name = "" if lab == "default" else f" --name {shlex.quote(lab)}"
    words = shlex.join(sys.argv[1:])
    say(
        "gossamer: images that nothing runs can have stand-ins, which listen, answer and call "
        "each other:\n"
        f"  gossamer apply --stand-in{name}    (now, in the lab that runs)\n"
        f"  gossamer {words} --stand-in    (from the start)\n"
        f"  gossamer {words} --stand-in=write    (writes a lab.yaml to edit)",
        err=True,
    )


def apply_lab_file(lab: LabFolder, paths: Inputs, *, stand_in: bool) -> bool:
    """Give a running lab the lab.yaml among `paths`, and stand-ins; whether there was any."""
    rules = _read(paths)
    if rules is None and not stand_in:
        return False
    require(lab)
    words = {"lab": msgspec.to_builtins(rules)} if rules is not None else {}
    require_no_token("a lab.yaml")
    attach(lab.name, lab.root.parent.parent).call("lab_file", stand_in=stand_in, **words)
    if rules is not None:
        count = len(rules.rules)
        say(f"lab.yaml applied: {count} image{'s' * (count != 1)}", err=True)
    if stand_in or (rules is not None and rules.stand_in):
        say("images that nothing else runs have stand-ins", err=True)
    return True


def _read(paths: Inputs) -> LabFile | None:
    try:
        files = lab_files_in(paths)
        lab, doubts = read_lab_files(files)
    except PathProblem as problem:
        raise CliError(str(problem)) from problem
    for doubt in doubts:
        say(one_line(told_of(doubt)), err=True)
    return lab if files else None

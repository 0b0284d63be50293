"""`gossamer check`: inspect machine, installation and a running lab, each finding with a remedy."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import click

from gossamer.cli.checks.table import results
from gossamer.cli.checks.verdict import CheckStatus, Result
from gossamer.cli.error import CliError
from gossamer.cli.options import output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import HomeError, LabFolder, state_home
from gossamer.process.shape import as_words

_MARKS = {
    CheckStatus.OK: "ok",
    CheckStatus.WARNING: "warning",
    CheckStatus.ERROR: "ERROR",
    CheckStatus.SKIPPED: "-",
}


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="Show what is well, too.")
@click.option("--name", default="default", show_default=True, help="The lab.")
@output_option()
def check(verbose: bool, name: str, output: str | None) -> None:
    """Inspect machine, installation, plane, agent, proxies and certificates.

    Only what is wrong is shown, with its remedy and the page that explains it. Without a running
    lab only machine and installation are looked at. Exit 1 on an error; a warning passes.
    """
    from gossamer.cli.checks.gather.everything import look

    home = state_home(os.environ)
    outcome = tuple(results(look(_folder(home, name), home, os.environ)))
    if output == "json":
        print_json([as_words(result.row()) for result in outcome])
    else:
        for line in lines(outcome, _shown(outcome, verbose)):
            say(line)
    sys.exit(exit_status(outcome))


def _folder(home: Path, name: str) -> LabFolder:
    """The lab's folder, however long its path: that is for a check to say."""
    try:
        LabFolder.of(Path("/"), name)
    except HomeError as error:
        raise CliError(str(error)) from error
    return LabFolder(home / "labs" / name)


def exit_status(outcome: Iterable[Result]) -> int:
    """1 where there is an error."""
    return int(any(result.verdict.status is CheckStatus.ERROR for result in outcome))


def _shown(outcome: Sequence[Result], verbose: bool) -> Sequence[Result]:
    if verbose:
        return outcome
    return [r for r in outcome if r.verdict.status in (CheckStatus.WARNING, CheckStatus.ERROR)]


def lines(outcome: Sequence[Result], shown: Sequence[Result]) -> Iterable[str]:
    """The report for people: areas with their counts, and each result that is to be shown."""
    for area, group in groupby(outcome, lambda result: result.area):
        yield f"{area.value}: {_counts(list(group))}"
        for result in shown:
            if result.area is area:
                yield from _result(result)


def _counts(group: Sequence[Result]) -> str:
    parts = []
    for status, noun in _WORDS.items():
        count = sum(result.verdict.status is status for result in group)
        if count:
            parts.append(f"{count} {noun}{'s' if count > 1 and noun in _PLURAL else ''}")
    reasons = {r.verdict.message for r in group}
    every = all(result.verdict.status is CheckStatus.SKIPPED for result in group)
    return f"skipped, {reasons.pop()}" if every and len(reasons) == 1 else ", ".join(parts)


_WORDS = {
    CheckStatus.OK: "ok",
    CheckStatus.WARNING: "warning",
    CheckStatus.ERROR: "error",
    CheckStatus.SKIPPED: "skipped",
}
_PLURAL = ("warning", "error")


def _result(result: Result) -> Iterable[str]:
    verdict = result.verdict
    yield f"  {_MARKS[verdict.status]:<8} {result.code}: {verdict.message}"
    if verdict.remedy:
        yield f"{'':<11}{verdict.remedy}. See {result.link}"

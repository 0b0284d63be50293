"""How commands read a person's words, and how they print: pure functions."""

from __future__ import annotations

import json
from typing import Any

import click
import pytest

from gossamer.cli.checks.verdict import Area, CheckVerdict, Result, error, fine, skipped, warning
from gossamer.cli.commands.insight.check import exit_status, lines
from gossamer.cli.lab_access.pods import guess, workload_of, workload_question
from gossamer.cli.terminal.output import print_json, print_table
from gossamer.cli.terminal.progress import StartFailed, follow_start


@pytest.mark.parametrize(
    ("word", "kind", "namespace", "name"),
    [
        ("deploy/web", "deploy", "shop", "web"),
        ("sts/db", "sts", "shop", "db"),
        ("Deployments/web", "deployment", "shop", "web"),
        ("web", "deploy", "shop", "web"),
        ("other/web", "deploy", "other", "web"),
    ],
)
def test_workloads_are_named_in_three_ways(word: str, kind: str, namespace: str, name: str) -> None:
    """deploy/NAME, NAME, and NAMESPACE/NAME as `status` shows it."""
    asked = {"kind": kind, "namespace": namespace, "name": name}
    assert workload_question(word, "shop") == asked


@pytest.mark.parametrize("word", ["", "deploy/", "/web", "a/b/c"])
def test_a_workload_without_a_name_is_wrong_usage(word: str) -> None:
    """It is not sent to the lab, which could only be puzzled."""
    with pytest.raises(click.UsageError):
        workload_question(word, "shop")


POD: dict[str, Any] = {
    "namespace": "shop",
    "name": "web-1",
    "workload": "web",
    "labels": {"app": "front"},
}


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("web", "did you mean `-n shop deploy/web`?"),
        ("front", "did you mean `-n shop deploy/web`?"),
        ("deploy/wob", "did you mean `deploy/web`?"),
        ("database", "`gossamer get pods -A` lists those that are"),
    ],
)
def test_a_wrong_pod_name_is_answered_with_the_right_one(word: str, hint: str) -> None:
    """The workload or app of that name in another namespace, then the nearest spelling."""
    assert hint in guess([POD], word, "default")


def test_a_workload_is_named_with_its_namespace() -> None:
    """One spelling everywhere."""
    assert workload_of(POD) == "shop/web"


def test_tables_align_and_show_nothing_as_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    """Columns are as wide as their widest cell; no line ends in blanks."""
    print_table(("NAME", "READY"), [("web", "yes"), ("database", None)])
    assert capsys.readouterr().out == "NAME      READY\nweb       yes\ndatabase  -\n"


def test_json_keeps_letters(capsys: pytest.CaptureFixture[str]) -> None:
    """Names in any script are readable."""
    print_json({"name": "läden"})
    out = capsys.readouterr().out
    assert "läden" in out
    assert json.loads(out) == {"name": "läden"}


READY: dict[str, Any] = {"event": "ready", "gateways": []}
STUCK: dict[str, Any] = {"event": "stuck", "pods": {"shop/web-1": "no local command for image 'x'"}}


def test_a_start_is_followed_until_ready() -> None:
    """What comes after Ready is not waited for."""
    later = iter([{"event": "step", "text": "starting"}, READY, {"event": "failed"}])
    assert follow_start(later).well
    assert next(later) == {"event": "failed"}


def test_a_start_that_waiting_cannot_help_ends_with_reasons() -> None:
    """`up` need not sit out its patience."""
    outcome = follow_start(iter([STUCK]))
    assert outcome.waiting == STUCK["pods"]
    assert not outcome.well


def test_a_refused_object_is_no_good_start() -> None:
    """All pods are Ready, and what was asked for is not there all the same."""
    refusal = {"event": "applied", "refused": True}
    assert not follow_start(iter([refusal, READY])).well


def test_a_normal_start_tells_of_no_refused_connection(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Pods pass through many states; lines are written for those that somebody should see."""
    reasons = [
        "starting",
        "waiting for its proxy",
        "its proxy is not ready: Envoy is starting, not connected to the control plane",
        "init container 'i': started",
        "init container 'i': started, restarted 2 times",
        "web: readiness probe not answered yet",
        "web: readiness probe: connection to 10.244.0.2:80 failed: Connection refused",
        "web: started",
        "no local command for image 'x' of container 'web'; set the annotation",
    ]
    pod = {"event": "pod", "subject": "shop/web", "phase": "running", "ready": False}
    trouble = "init container 'i': exited with status 3; starts again in 1 s, restarted 1 time"
    events = [{**pod, "reason": reason} for reason in (*reasons, trouble, trouble)]
    done = {**pod, "phase": "succeeded", "reason": "completed"}
    follow_start(iter([*events, {**pod, "ready": True, "reason": ""}, done, READY]))
    assert capsys.readouterr().err.splitlines() == [
        f"pod shop/web: {trouble}",
        "pod shop/web is ready",
        "pod shop/web has completed",
    ]


@pytest.mark.parametrize("events", [[{"event": "failed", "message": "no"}], []])
def test_a_lab_that_ends_while_it_starts_is_a_failure(events: list[dict[str, Any]]) -> None:
    """Said by the lab, or by its silence."""
    with pytest.raises(StartFailed):
        follow_start(iter(events))


def test_the_last_words_of_a_program_that_falls_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody waits in silence while the control plane cannot begin."""
    fell = {"event": "fell", "subject": "plane", "status": 1, "said": "ImportError: grpc"}
    follow_start(iter([fell, READY]))
    assert "plane ended with status 1: ImportError: grpc" in capsys.readouterr().err


def test_what_rests_on_pods_is_not_told_before_there_are_any(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A Service of an application that still starts has no pods yet; that is no mistake."""
    words = {"severity": "warning", "message": "no pod has the labels app: web", "file": "a.yaml"}
    early = {"event": "finding", "code": "selector-matches-nothing", "effect": "503", **words}
    follow_start(iter([early, READY]))
    assert capsys.readouterr().err == ""


def result(area: Area, code: str, verdict: CheckVerdict) -> Result:
    return Result(area, code, f"docs/checks.md#{code}", verdict)


FOUND = (
    result(Area.MACHINE, "linux", fine("Linux 6.1")),
    result(Area.MACHINE, "memory", warning("400 MiB are free", "End other programs")),
    result(Area.PLANE, "plane-process", skipped("no lab")),
    result(Area.PLANE, "plane-answers", skipped("no lab")),
)


def test_the_report_counts_every_area_and_shows_what_is_wrong() -> None:
    """Short by default: one line an area, two for what needs somebody."""
    shown = [FOUND[1]]
    assert list(lines(FOUND, shown)) == [
        "machine: 1 ok, 1 warning",
        "  warning  memory: 400 MiB are free",
        "           End other programs. See docs/checks.md#memory",
        "plane: skipped, no lab",
    ]


def test_only_an_error_fails_the_command() -> None:
    """A warning passes, so that `check` can stand in a script."""
    assert exit_status(FOUND) == 0
    assert exit_status((*FOUND, result(Area.LAB, "holder", error("silent", "See its log")))) == 1

"""`gossamer logs`: what containers wrote, or their proxies' access logs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.pods import find_pods, key_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.logs.follow import OpenLog, follow
from gossamer.cli.logs.lines import LineStyle, LineTimes, chosen, decorated, numbered
from gossamer.cli.logs.sources import LogSource, LogWish, sources_of
from gossamer.cli.objects.labels import parse_selector
from gossamer.cli.options import DURATION, lab_option, names, namespace_option
from gossamer.cli.terminal.output import pass_on, say
from gossamer.lab.home import LabFolder

TAIL_OF_MANY = 10
"""Lines a log where pods are chosen by labels, as kubectl has it."""

INTERRUPTED = 130
ENDED = ("succeeded", "failed")

Selected = Callable[..., Any]


def _since_options(command: Selected) -> Selected:
    """`--since` and `--since-time`."""
    time = click.DateTime(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ"])
    command = click.option("--since-time", type=time, help="Only later lines: RFC 3339.")(command)
    return click.option("--since", type=DURATION, help="Only newer lines: 5m, 1h.")(command)


def _style_options(command: Selected) -> Selected:
    """`--prefix` and `--timestamps`, given as `style`."""
    command = click.option("--prefix", is_flag=True, help="Pod and container before lines.")(
        command
    )
    return click.option("--timestamps", is_flag=True, help="The time before lines.")(command)


@click.command()
@click.argument("pod", required=False, shell_complete=names("pods"))
@click.option("-c", "--container", help="The container; init containers, too.")
@click.option("--all-containers", is_flag=True, help="Of every container.")
@click.option("-l", "--selector", help="Of all pods with these labels.")
@click.option("-p", "--previous", is_flag=True, help="The run before the last restart.")
@click.option("--proxy", is_flag=True, help="The proxy's access log instead.")
@click.option("--tail", type=click.IntRange(-1), help="Only that many lines from the end.")
@click.option("-f", "--follow", "goes_on", is_flag=True, help="Go on as more is written.")
@_since_options
@_style_options
@namespace_option
@lab_option
def logs(
    pod: str | None,
    selector: str | None,
    tail: int | None,
    goes_on: bool,
    since: float | None,
    since_time: datetime | None,
    namespace: str,
    lab: LabFolder,
    **words: Any,
) -> None:
    """Show the logs of POD, or of all pods of deploy/NAME, svc/NAME, job/NAME or -l.

    The application's own bytes come as it wrote them. What a proxy logged quotes callers, so its
    control characters are shown, not sent.
    """
    if bool(pod) == bool(selector):
        raise click.UsageError("name POD, deploy/NAME, svc/NAME or job/NAME, or choose with -l")
    pods = find_pods(lab, pod, namespace) if pod else _selected(lab, selector, namespace)
    wish = LogWish(words["container"], words["all_containers"], words["proxy"], words["previous"])
    sources = sources_of(lab, pods, wish)
    style = LineStyle(words["timestamps"], words["prefix"])
    last = TAIL_OF_MANY if tail is None and selector else tail
    after = _moment(since, since_time)
    opened = [_shown(lab, each, after, None if last == -1 else last, style) for each in sources]
    if goes_on and not words["previous"]:
        _follow(lab, opened, style)


def _selected(lab: LabFolder, selector: str | None, namespace: str) -> list[dict[str, Any]]:
    wanted = parse_selector(selector)
    pods: Iterable[dict[str, Any]] = ask(lab.holder_socket, {"op": "pods"})["pods"]
    matching = [p for p in pods if p["namespace"] == namespace and wanted.fits(p["labels"])]
    if not matching:
        raise CliError(f"no pod in namespace {namespace!r} has the labels {selector!r}")
    return matching


def _moment(since: float | None, since_time: datetime | None) -> datetime | None:
    if since is not None and since_time is not None:
        raise click.UsageError("say --since or --since-time, not both")
    if since is not None:
        return datetime.now(UTC) - timedelta(seconds=since)
    return since_time.replace(tzinfo=UTC) if since_time else None


def _shown(
    lab: LabFolder, source: LogSource, since: datetime | None, tail: int | None, style: LineStyle
) -> OpenLog:
    """A log with what stands in it printed, open for more."""
    if not source.path.exists():
        raise CliError(f"pod {source.pod} has written no log yet ({source.path})")

    def marks() -> Any:
        return ask(lab.holder_socket, {"op": "log_times", "log": str(source.path)})["times"]

    times = LineTimes(marks)
    file = source.path.open("rb")
    file.seek(source.start)
    for line in chosen(numbered(file, source.end), times, since, tail):
        _show(source, decorated(source, line, times, style))
    return OpenLog(source, file, times)


def _show(source: LogSource, text: bytes) -> None:
    if source.quoted:
        say(text.decode(errors="replace"), end="")
    else:
        pass_on(text)


def _follow(lab: LabFolder, opened: list[OpenLog], style: LineStyle) -> None:
    def ended() -> frozenset[str]:
        pods = {key_of(pod): pod for pod in ask(lab.holder_socket, {"op": "pods"})["pods"]}
        there = {key for key, pod in pods.items() if pod["phase"] not in ENDED}
        return frozenset(log.source.pod for log in opened) - there

    try:
        follow(opened, style, _show, ended)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)

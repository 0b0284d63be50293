"""`gossamer demo`: the bundled mesh with load, a canary on the move, and a live picture."""

from __future__ import annotations

import math
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gossamer.apps.arguments.durations import seconds_of
from gossamer.apps.load import LoadReport
from gossamer.cli.commands.lab.up import check_ground, shape, wait_ready
from gossamer.cli.demo.demo_load import Visitors
from gossamer.cli.demo.demo_plan import (
    BOOKINFO,
    NEXT,
    SETTLING_S,
    DemoStep,
    calls,
    script,
    since,
    step_at,
)
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.labs import require_no_token
from gossamer.cli.pictures.demo_picture import LivePicture, LogPicture, Scene
from gossamer.cli.pictures.edge_table import HEADS, table_rows
from gossamer.cli.terminal.endings import ignore_endings, interrupt_on_endings
from gossamer.cli.terminal.output import print_table, say
from gossamer.lab.files import read_files
from gossamer.lab.home import HomeError, state_home
from gossamer.lab.start import LabHandle, start, stop
from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable

LOOK_S = 1.0
READY_S = 120.0

Rows = Sequence[dict[str, Any]]


def _seconds(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    seconds = None if text is None else seconds_of(text)
    if text is not None and (seconds is None or seconds <= 0):
        raise click.BadParameter(f"{text!r} is not a valid duration; write 20s or 1m30s")
    return seconds


@click.command()
@click.option("--for", "seconds", callback=_seconds, help="End after so long, such as 20s.")
@click.option("--name", default="demo", show_default=True, help="The lab.")
def demo(seconds: float | None, name: str) -> None:
    """Run the bundled Bookinfo mesh, send it load, move a canary, and show it all live.

    Ctrl-C, or the end of --for, removes everything that was started. Exit 0 if the page was
    served, 1 if no request succeeded. While it runs, use every other command with --name demo.
    """
    require_no_token("`gossamer demo`")
    check_ground()
    interrupt_on_endings()
    try:
        report = _play(name, BOOKINFO, seconds)
    except KeyboardInterrupt:
        _try_next()
        sys.exit(0)
    _tell(report)


def _play(name: str, folder: Path, seconds: float | None) -> LoadReport | None:
    """The demo from its lab's start to its end."""
    handle = _start(name, folder)
    try:
        return _run(handle, folder, seconds)
    finally:
        _end(name)


def _start(name: str, folder: Path) -> LabHandle:
    """Start the lab. One that runs already under this name is somebody's, and left alone."""
    files = read_files(str(path) for path in sorted(folder.glob("*.yaml")))
    try:
        return start(name, files, state_home(os.environ))
    except HomeError as error:
        raise CliError(str(error)) from error
    except KeyboardInterrupt:
        _end(name)
        raise


def _run(handle: LabHandle, folder: Path, seconds: float | None) -> LoadReport | None:
    if not wait_ready(handle, READY_S):
        raise CliError(f"the demo is not Ready after {READY_S:.0f} s, so it ends; see above why")
    gateways = shape(handle)["gateways"]
    if not gateways:
        raise CliError("the demo's gateway has no address, so nothing can be shown; see its log")
    page = f"{gateways[0]['url']}/productpage"
    visitors = Visitors(page)
    visitors.start()
    try:
        Show(handle, script(folder, seconds), page).run(seconds)
    finally:
        report = visitors.stop()
    return report


class Show:
    """Looks every second at what the mesh counts, and moves the canary when it is time."""

    def __init__(self, handle: LabHandle, steps: Sequence[DemoStep], page: str) -> None:
        self._client = PlaneClient(handle.folder.plane_socket, handle.folder.name)
        self._steps = steps
        self._step = steps[0]
        self._moved = 0.0
        self._before: Rows | None = ()
        self._rows: Rows = ()
        self._picture = LivePicture(page) if sys.stdout.isatty() else LogPicture(page)

    def run(self, seconds: float | None) -> None:
        """Until the time is over; for ever without one."""
        begin = time.monotonic()
        with self._picture:
            while (elapsed := time.monotonic() - begin) < (seconds or math.inf):
                self._picture.show(self._scene(elapsed))
                time.sleep(LOOK_S)
            self._picture.show(self._scene(elapsed))
        if not sys.stdout.isatty():
            print_table(HEADS, table_rows(self._rows))

    def _scene(self, elapsed: float) -> Scene:
        note = ""
        try:
            self._rows = self._client.traffic()["edges"]
            self._move(elapsed)
        except (PlaneUnreachable, PlaneRefused):
            note = "the control plane is unavailable: traffic flows on, counts and canary wait"
        return self._counted(elapsed, note)

    def _move(self, elapsed: float) -> None:
        step = step_at(self._steps, elapsed)
        if step != self._step and step.file is not None:
            self._client.apply([(str(step.file), step.file.read_bytes())])
            self._step, self._moved, self._before = step, elapsed, None

    def _counted(self, elapsed: float, note: str) -> Scene:
        """What came since the canary moved, from when the counts can show it."""
        if self._before is None:
            if elapsed - self._moved >= SETTLING_S:
                self._before, self._moved = self._rows, elapsed
            return Scene(elapsed, self._step, None, self._rows, note)
        seconds = elapsed - self._moved
        rows = since(self._before, self._rows, seconds)
        return Scene(elapsed, self._step, calls(rows), rows, note)


def _end(name: str) -> None:
    """Remove the lab, whatever else is asked meanwhile."""
    ignore_endings()
    say("ending the lab", err=True)
    stop(name, state_home(os.environ))


def _tell(report: LoadReport | None) -> None:
    if report is None or not any(status < "4" for status in report.by_status):
        raise CliError(
            "no request to the demo's page succeeded, so the demo failed; "
            "start it again and look at `gossamer status --name demo` while it runs"
        )
    say(report.summary())
    _try_next()


def _try_next() -> None:
    """What a newcomer may do now; first of all how the command is found, where it is not."""
    say(NEXT)
    if shutil.which("gossamer") is None:
        say(f"first, for this shell: . {Path(sys.prefix) / 'bin' / 'activate'}")

"""What `gossamer up` goes on showing: logs, what happens, traffic on a key, files on save."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

import click

from gossamer.cli.foreground.feed import EventFeed, Happenings
from gossamer.cli.foreground.keys import Keys
from gossamer.cli.foreground.log_tails import LogTails, shown_text
from gossamer.cli.lab_access.addresses import url_lines, urls_of
from gossamer.cli.terminal.output import one_line, pass_on, say
from gossamer.lab.start import LabError, LabHandle
from gossamer.plane.client import PlaneClient, PlaneRefused, PlaneUnreachable

LOOK_S = 0.25
HELP = "keys: t traffic, u addresses, q ends"


@dataclass(frozen=True, slots=True)
class ForegroundWish:
    """What to show: logs of pods or not; and what to do at every look, if there is something."""

    logs: bool
    look: Callable[[], None] | None = None


def follow(handle: LabHandle, wish: ForegroundWish) -> None:
    """Show it until the lab ends or q is pressed; Ctrl-C is the caller's."""
    with closing(EventFeed(handle.folder.holder_socket)) as feed, Keys() as keys:
        if keys.sources:
            say(HELP, err=True)
        _Follower(handle, wish, feed, keys).run()


class _Follower:
    def __init__(
        self, handle: LabHandle, wish: ForegroundWish, feed: EventFeed, keys: Keys
    ) -> None:
        self._handle, self._wish, self._feed, self._keys = handle, wish, feed, keys
        self._happenings = Happenings()
        self._tails = LogTails()
        self._coloured = is_coloured()
        self._known = False

    def run(self) -> None:
        while not self._feed.ended:
            sources = [self._feed.fileno(), *self._keys.sources]
            ready, _, _ = select.select(sources, [], [], LOOK_S)
            self._tell()
            if set(ready) - {self._feed.fileno()} and self._obey():
                return
            if self._wish.logs:
                self._show_logs()
            if self._wish.look and not self._feed.ended:
                self._wish.look()

    def _tell(self) -> None:
        """What happened; the first events are those of the start, which was shown already."""
        for event in self._feed.events():
            line = self._happenings.line(event)
            if line and self._known:
                say(f"gossamer | {one_line(line)}", err=True)
        self._known = True

    def _obey(self) -> bool:
        """Do what keys ask for; whether they ask for the end."""
        pressed = self._keys.pressed()
        if "t" in pressed:
            show_traffic(self._handle, self._keys)
        if "u" in pressed:
            for line in url_lines(urls_of(self._handle.folder), self._handle.folder):
                say(line, err=True)
        return "q" in pressed

    def _show_logs(self) -> None:
        try:
            pods = self._handle.call("pods")["pods"]
        except LabError:
            return
        for line in self._tails.lines(pods):
            head = f"{one_line(line.label)} | "
            text = shown_text(line.text, coloured=self._coloured)
            pass_on(
                f"{click.style(head, fg=line.colour) if self._coloured else head}{text}\n".encode()
            )


def is_coloured() -> bool:
    """Whether standard output is a terminal that wants colours (https://no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", None)
    return sys.stdout.isatty() and not plain


def show_traffic(handle: LabHandle, keys: Keys) -> None:
    """Who calls whom, on the whole terminal, until the next key."""
    from rich.live import Live

    from gossamer.cli.pictures.traffic_picture import Past, picture

    client = PlaneClient(handle.folder.plane_socket, handle.folder.name)
    past, rows, note = Past(), [], ""
    with Live(screen=True, auto_refresh=False) as live:
        while True:
            try:
                rows, note = client.traffic()["edges"], "any key goes back"
                past.note(rows)
            except (PlaneUnreachable, PlaneRefused):
                note = "the control plane does not answer; this is the last it said"
            size = live.console.size
            live.update(picture(rows, past, size.width, size.height, note), refresh=True)
            if select.select(keys.sources, [], [], 1.0)[0] and keys.pressed():
                return

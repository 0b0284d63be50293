"""`gossamer identity`: one table of its commands, each imported only to run it."""

from __future__ import annotations

import importlib

import click

from gossamer.cli.main import CommandEntry

COMMANDS: dict[str, CommandEntry] = {
    "status": CommandEntry("status", "Show the authority's certificates and a rotation's phase."),
    "rotate": CommandEntry("rotate", "Exchange the root of the mesh while it runs."),
    "bundle": CommandEntry("bundle", "Print the mesh's roots, for other trust domains."),
    "log": CommandEntry("log", "Show which certificates were signed, and for whom."),
    "ban": CommandEntry("ban", "Refuse an identity or a pod from now on."),
    "unban": CommandEntry("unban", "Refuse it no longer."),
    "join": CommandEntry("join", "Get a first certificate by a join token."),
    "bans": CommandEntry("bans", "Show who is refused."),
}


class IdentityCommands(click.Group):
    """A group that knows its commands by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        place = f"gossamer.cli.commands.identity.{COMMANDS[name].place}"
        command: click.Command = getattr(importlib.import_module(place), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


@click.command(cls=IdentityCommands)
def identity() -> None:
    """Certificates that the mesh signs: which, for whom, and who is refused."""

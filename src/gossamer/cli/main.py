"""`gossamer`: one table of commands, each in a module of its own."""

from __future__ import annotations

import importlib
import io
import sys
from typing import NamedTuple

import click

from gossamer.cli.error import CliError
from gossamer.cli.terminal.output import say


class CommandEntry(NamedTuple):
    """Where a command lives, and the line that `--help` shows for it."""

    place: str
    line: str


COMMANDS: dict[str, CommandEntry] = {
    "demo": CommandEntry("lab.demo", "Run the bundled mesh with load and a live picture."),
    "examples": CommandEntry("about.examples", "List the bundled examples, show or copy one."),
    "docs": CommandEntry("about.docs", "Show a page of the documentation."),
    "up": CommandEntry("lab.up", "Run manifests as a local mesh."),
    "open": CommandEntry("lab.open", "List the lab's addresses, or open one in the browser."),
    "down": CommandEntry("lab.down", "End a lab and remove what it made."),
    "apply": CommandEntry("manifests.apply", "Apply manifests to a running mesh."),
    "plan": CommandEntry(
        "manifests.plan", "Say what an apply would change: proxies, and how calls end."
    ),
    "delete": CommandEntry(
        "manifests.delete", "Delete objects, or one pod (its workload makes a new one)."
    ),
    "get": CommandEntry("workloads.get", "Show objects and pods, as kubectl does."),
    "analyze": CommandEntry("manifests.analyze", "Read manifests and say what is wrong with them."),
    "compile": CommandEntry(
        "manifests.compile", "Show what a proxy would get from manifests, offline."
    ),
    "explain": CommandEntry(
        "insight.explain", "Say what would become of a call, hop by hop, and why."
    ),
    "can": CommandEntry("insight.can", "Say whether one workload may call another, and why."),
    "policy": CommandEntry(
        "insight.policy", "Suggest policies from calls that were seen; say what they would refuse."
    ),
    "prove": CommandEntry(
        "insight.prove", "Prove who may call whom, or show a call that breaks the promise."
    ),
    "restart": CommandEntry(
        "workloads.restart", "Replace all pods of a workload, one after the other."
    ),
    "scale": CommandEntry("workloads.scale", "Change how many pods a workload has."),
    "exec": CommandEntry(
        "workloads.exec", "Run a command where a pod runs, captured by its proxy."
    ),
    "port-forward": CommandEntry(
        "workloads.port_forward", "Reach a Service's or pod's port from this machine."
    ),
    "logs": CommandEntry("workloads.logs", "Show a pod's log, or its proxy's access log."),
    "describe": CommandEntry(
        "workloads.describe", "Say everything about an object: state, proxy, findings, events."
    ),
    "events": CommandEntry("workloads.events", "Show what happened in a lab."),
    "wait": CommandEntry("workloads.wait", "Wait until objects are as a script needs them."),
    "rollout": CommandEntry(
        "workloads.rollout", "Watch a workload's change, list, take back, or restart."
    ),
    "version": CommandEntry("lab.version", "Show the versions of all parts."),
    "completion": CommandEntry("lab.completion", "Print the completion script of a shell."),
    "status": CommandEntry("lab.status", "Show the control plane and every proxy."),
    "proxy": CommandEntry("lab.proxy", "Show what a pod's proxy really holds."),
    "traffic": CommandEntry("insight.traffic", "Show who talks to whom, live from the proxies."),
    "mtls": CommandEntry(
        "insight.mtls", "Show whose calls are secured, whose are not, and what STRICT would refuse."
    ),
    "segments": CommandEntry("insight.segments", "Show who may call whom, and who was seen to."),
    "why": CommandEntry("insight.why", "Say why calls failed, from the proxies' logs."),
    "check": CommandEntry(
        "insight.check", "Inspect this machine, the installation and a running lab."
    ),
    "identity": CommandEntry(
        "identity.group", "Show which certificates were signed, and for whom."
    ),
    "token": CommandEntry("access.token", "Make, list and delete bearer tokens."),
    "audit": CommandEntry("access.audit", "Show who changed what, and what was refused."),
    "plane": CommandEntry("lab.plane", "Stop or start a lab's control plane, for drills."),
}


INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""

ATTRIBUTES = {"exec": "exec_", "open": "open_", "port-forward": "port_forward"}
"""Commands whose functions are not named as they are: Python has its own use for the words."""


class Commands(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"gossamer.cli.commands.{COMMANDS[name].place}")
        command: click.Command = getattr(module, ATTRIBUTES.get(name, name))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click has it, with the near command for one that does not exist."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}.{_near(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


def _near(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 2, 0.6)
    return f" (Did you mean {' or '.join(map(repr, near))}?)" if near else ""


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gossamer")
def cli() -> None:
    """A service mesh that works at once and explains itself.

    Commands name a pod as POD, NAMESPACE/POD or deploy/NAME (any of its pods). `-n` sets the
    namespace, `--name` the lab. Everything that reads takes `-o json`.
    """


def main() -> None:
    """Run the command line; trouble goes to standard error and exits 1, wrong usage 2."""
    try:
        sys.exit(cli.main(prog_name="gossamer", standalone_mode=False))
    except click.ClickException as wrong:
        text = io.StringIO()
        wrong.show(text)
        say(text.getvalue(), err=True, end="")
        sys.exit(wrong.exit_code)
    except click.Abort as ended:
        if isinstance(ended.__cause__, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        say("Aborted!", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as refused:
        where = f"{refused.filename}: " if refused.filename else ""
        say(
            f"gossamer: {where}{refused.strerror or refused}; the command stops here; "
            "`gossamer check` checks the state folder and this machine",
            err=True,
        )
        sys.exit(1)
    except Exception as error:
        if not isinstance(error, (CliError, *_errors_of_others())):
            raise
        say(f"gossamer: {error}", err=True)
        sys.exit(1)


def _errors_of_others() -> tuple[type[Exception], ...]:
    """Errors of the rooms below whose messages are for people; imported where one occurred."""
    from gossamer.lab.start import LabError
    from gossamer.plane.client import PlaneRefused, PlaneUnreachable

    return LabError, PlaneRefused, PlaneUnreachable


if __name__ == "__main__":
    main()

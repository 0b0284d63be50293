"""`gossamer exec`: run a command where a pod runs, captured by its proxy."""

from __future__ import annotations

import os
import sys

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.pods import find_pod, key_of
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, names, namespace_option
from gossamer.cli.terminal.output import say
from gossamer.lab.home import LabFolder

PASSED_ON = ("TERM", "COLUMNS", "LINES", "LANG")
SHELLS = ("ash", "bash", "dash", "sh", "zsh")


@click.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("pod", shell_complete=names("pods"))
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("-i", "--stdin", "reads", is_flag=True, help="Pass standard input on.")
@click.option("-t", "--tty", "terminal", is_flag=True, help="Give it a terminal; with -i: -it.")
@click.option("-c", "--container", help="The container; else the pod's default one.")
@namespace_option
@lab_option
def exec_(
    pod: str,
    command: tuple[str, ...],
    reads: bool,
    terminal: bool,
    container: str | None,
    namespace: str,
    lab: LabFolder,
) -> None:
    """Run `-- CMD...` where POD (or deploy/NAME) runs; its exit status is passed through.

    `-it POD -- sh` is a shell, with all of its keys. Without -i the command has no input.
    """
    key = key_of(find_pod(lab, pod, namespace))
    terminal = terminal and _has_terminal()
    question = {"op": "exec", "pod": key, "argv": list(command), "container": container}
    answer = ask(lab.holder_socket, {**question, "terminal": terminal})
    env = answer["env"] | {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        if terminal:
            from gossamer.cli.terminal.pseudo_terminal import run_on_terminal

            sys.exit(run_on_terminal(answer["argv"], {"TERM": "xterm", **env}, reads=reads))
        if not reads:
            _without_input(command)
        os.execve(answer["argv"][0], answer["argv"], env)
    except OSError as error:
        raise CliError(
            f"cannot enter pod {key} ({error.strerror}: {answer['argv'][0]}); "
            "`gossamer status` shows whether it still runs"
        ) from error


def _has_terminal() -> bool:
    """A script that says -it, as many do, runs without a terminal and is told so."""
    if sys.stdin.isatty():
        return True
    say("standard input is not a terminal, so the command has none; -i alone is enough", err=True)
    return False


def _without_input(command: tuple[str, ...]) -> None:
    """The command reads nothing, so that a loop over lines of a file keeps its lines."""
    if command[1:] == () and command[0].rpartition("/")[2] in SHELLS and sys.stdin.isatty():
        say(f"{command[0]} has no input without -i; `gossamer exec -it POD -- sh`", err=True)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

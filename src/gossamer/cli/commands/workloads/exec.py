"""`gossamer exec`: run a command where a pod runs, captured by its proxy."""

from __future__ import annotations

import os

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.pods import find_pod
from gossamer.cli.lab_access.sockets import ask
from gossamer.cli.options import lab_option, namespace_option
from gossamer.lab.home import LabFolder

PASSED_ON = ("TERM", "COLUMNS", "LINES", "LANG")


@click.command("exec", context_settings={"ignore_unknown_options": True})
@click.argument("pod")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("-c", "--container", help="The container; else the pod's default one.")
@namespace_option
@lab_option
def exec_(
    pod: str, command: tuple[str, ...], container: str | None, namespace: str, lab: LabFolder
) -> None:
    """Run `-- CMD...` where POD runs; its exit status is passed through."""
    found = find_pod(lab, pod, namespace)
    key = f"{found['namespace']}/{found['name']}"
    question = {"op": "exec", "pod": key, "argv": list(command), "container": container}
    answer = ask(lab.holder_socket, question)
    env = answer["env"] | {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        os.execve(answer["argv"][0], answer["argv"], env)
    except OSError as error:
        raise CliError(
            f"cannot enter pod {key} ({error.strerror}: {answer['argv'][0]}); "
            "`gossamer status` shows whether it still runs"
        ) from error

"""`gossamer logs`: what a pod wrote, or its proxy's access log."""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import click

from gossamer.agent.folder import folder_name
from gossamer.cli.error import CliError
from gossamer.cli.lab_access.pods import find_pod
from gossamer.cli.options import lab_option, namespace_option
from gossamer.cli.terminal.output import pass_on, say
from gossamer.lab.home import LabFolder


@click.command()
@click.argument("pod")
@click.option("-c", "--container", help="The container; init containers, too.")
@click.option("--proxy", is_flag=True, help="The proxy's access log instead.")
@click.option("--tail", type=click.IntRange(0), help="Only that many lines from the end.")
@click.option("-f", "--follow", is_flag=True, help="Go on as more is written.")
@namespace_option
@lab_option
def logs(
    pod: str,
    container: str | None,
    proxy: bool,
    tail: int | None,
    follow: bool,
    namespace: str,
    lab: LabFolder,
) -> None:
    """Show the log of POD: the application's own bytes as it wrote them, as kubectl does. What
    the proxy logged quotes callers, so its control characters are shown, not sent.
    """
    found = find_pod(lab, pod, namespace)
    key = f"{found['namespace']}/{found['name']}"
    path = _access_log(lab, found, key) if proxy else _container_log(found, key, container)
    if not path.exists():
        raise CliError(f"pod {key} has written no log yet ({path})")
    show = _say if proxy else pass_on
    with path.open("rb") as lines:
        for line in deque(lines, tail) if tail is not None else lines:
            show(line)
        if follow:
            _follow(lines, show)


def _say(text: bytes) -> None:
    say(text.decode(errors="replace"), end="")


def _follow(lines: BinaryIO, show: Callable[[bytes], None]) -> None:
    """Whatever is written from now on, until Ctrl-C."""
    try:
        while True:
            text = lines.read()
            show(text)
            if not text:
                select.select([], [], [], 0.2)
    except KeyboardInterrupt:
        return


def _access_log(lab: LabFolder, found: dict[str, object], key: str) -> Path:
    if not found["proxy"]:
        raise CliError(f"pod {key} has no proxy, so there is no access log; leave --proxy out")
    return lab.agent / folder_name(key) / "access.log"


def _container_log(found: dict[str, object], key: str, container: str | None) -> Path:
    main, init = found["containers"], found["init_containers"]
    assert isinstance(main, list)
    assert isinstance(init, list)
    logs = {c["name"]: c["log"] for c in (*init, *main)}
    if not logs:
        raise CliError(f"pod {key} has no container yet, or is only a proxy: say --proxy")
    name = container or (found["default_container"] if main else init[-1]["name"])
    if name not in logs:
        raise CliError(f"pod {key} has no container {name!r} so far; it has {', '.join(logs)}")
    return Path(str(logs[name]))

"""The options that commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.lab.home import HomeError, LabFolder, state_home
from gossamer.render.given import Inputs

Command = Callable[..., Any]


def names(source: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """Completes a word by a function of `live_names`, such as `pods` or `namespaces`."""

    def complete(ctx: click.Context, _: click.Parameter, begun: str) -> list[Any]:
        from gossamer.cli.lab_access import live_names

        return live_names.completed(getattr(live_names, source), ctx, begun)

    return complete


def workload_argument(command: Command) -> Command:
    """deploy/NAME, or `deploy NAME`, given as `workload`: deploy/NAME."""

    def joined(_: click.Context, __: click.Parameter, words: tuple[str, ...]) -> str:
        if len(words) > 2 or (len(words) == 2 and "/" in "".join(words)):
            raise click.BadParameter("name one workload: deploy/NAME")
        return "/".join(words)

    return click.argument(
        "workload",
        metavar="deploy/NAME",
        nargs=-1,
        required=True,
        callback=joined,
        shell_complete=names("workloads"),
    )(command)


def lab_option(command: Command) -> Command:
    """`--name`, given to the command as `lab`: the lab's folder."""
    return click.option(
        "--name",
        "lab",
        default="default",
        show_default=True,
        help="The lab.",
        callback=lambda _, __, name: lab_folder(name),
        shell_complete=names("labs"),
    )(command)


def promises_option(command: Command) -> Command:
    """`--promises FILE`, given as `promises`: files beside the `promises.txt` that are found."""
    return click.option(
        "--promises", multiple=True, metavar="FILE", help="Prove the promises in this file, too."
    )(command)


def lab_name_option(command: Command) -> Command:
    """`--name`, given as `name`, for a command that can do without a lab and its folder."""
    return click.option("--name", default="default", show_default=True, help="The lab.")(command)


def lab_folder(name: str) -> LabFolder:
    """The folder of that lab; CliError where it cannot be there."""
    try:
        return LabFolder.of(state_home(os.environ), name)
    except HomeError as error:
        raise CliError(str(error)) from error


def namespace_option(command: Command) -> Command:
    """`-n`, given as `namespace`."""
    return click.option(
        "-n",
        "--namespace",
        default="default",
        show_default=True,
        help="The namespace.",
        shell_complete=names("namespaces"),
    )(command)


def files_namespace_option(command: Command) -> Command:
    """`-n`, given as `namespace`: of objects in files that name none; None where it is not said."""
    return click.option(
        "-n",
        "--namespace",
        help="The namespace of objects that name none; an error if one names another.",
        shell_complete=names("namespaces"),
    )(command)


def output_option(*more: str) -> Callable[[Command], Command]:
    """`-o json`, given as `output` (None for people's eyes); `more` are further formats."""
    return click.option(
        "-o", "--output", type=click.Choice(["json", *more]), help="Print for a program."
    )


def files_option(command: Command) -> Command:
    """`-f PATH` and `-k DIR`, many times, given as `paths`: an `Inputs`; one of them at least."""
    return optional_files_option(_required(command, "-f PATH or -k DIR"))


def optional_files_option(command: Command) -> Command:
    """`-f PATH` and `-k DIR` where a command may do without."""
    option = click.option(
        "-f",
        "--filename",
        "paths",
        multiple=True,
        help="A file, a folder, a Helm chart, or - for standard input.",
    )
    return option(_kustomize(command))


def paths_argument(command: Command) -> Command:
    """PATH... and `-k DIR`, given as `paths`: an `Inputs`; one of them at least."""
    return optional_paths_argument(_required(command, "PATH... or -k DIR"))


def optional_paths_argument(command: Command) -> Command:
    """PATH... and `-k DIR` where a command may do without; PATH may stand behind -f as well."""
    option = click.option("-f", "--filename", "more", multiple=True, hidden=True)
    return click.argument("paths", nargs=-1)(option(_kustomize(command)))


def _kustomize(command: Command) -> Command:
    """Put the folders of `-k` into `paths`. `-R` is taken for kubectl's sake: folders are always
    read with all that is in them."""

    @wraps(command)
    def with_inputs(
        *args: Any,
        paths: tuple[str, ...],
        kustomize: tuple[str, ...],
        more: tuple[str, ...] = (),
        recursive: bool = False,
        **words: Any,
    ) -> Any:
        return command(*args, paths=Inputs((*paths, *more), kustomize), **words)

    folders = click.option(
        "-k",
        "--kustomize",
        multiple=True,
        metavar="DIR",
        help="Render the kustomization.yaml of this folder.",
    )
    recursive = click.option("-R", "--recursive", is_flag=True, hidden=True)
    return folders(recursive(with_inputs))


def _required(command: Command, what: str) -> Command:
    @wraps(command)
    def with_something(*args: Any, paths: Inputs, **words: Any) -> Any:
        if not paths:
            raise click.UsageError(f"name {what}")
        return command(*args, paths=paths, **words)

    return with_something


class StandInCommand(click.Command):
    """A command whose `--stand-in` may stand alone or be `--stand-in=write`: click would take the
    next word, a path, for its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The lone option gets the word that it stands for."""
        arguments = [
            f"{argument}=run" if argument == "--stand-in" else argument for argument in args
        ]
        return super().parse_args(ctx, arguments)


def stand_in_option(command: Command) -> Command:
    """`--stand-in` and `--stand-in=write`, given as `stand_in`: run, write or None."""
    return click.option(
        "--stand-in",
        type=click.Choice(["run", "write"]),
        metavar="[=write]",
        help="Run a stand-in for each image that nothing else runs: it listens, answers, calls. "
        "=write writes a lab.yaml of them to edit, and starts nothing.",
    )(command)


def header_option(command: Command) -> Command:
    """`-H 'Name: value'`, many times, given as `headers`: a list of pairs."""

    def pair(header: str) -> tuple[str, str]:
        name, colon, value = header.partition(":")
        if not colon:
            raise click.UsageError(f"header {header!r} has no colon; write -H 'Name: value'")
        return name.strip(), value.strip()

    return click.option(
        "-H",
        "--header",
        "headers",
        multiple=True,
        metavar="'Name: value'",
        callback=lambda _, __, headers: [pair(header) for header in headers],
        help="A header of the request.",
    )(command)


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class DurationParameter(click.ParamType[float]):
    """`90s`, `1h30m`, `500ms` or seconds alone, given as seconds."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        parts = _DURATION.findall(str(value))
        if not parts or "".join(number + unit for number, unit in parts) != str(value):
            self.fail(f"{value!r} is not a duration; write 30s, 5m or 1h30m", param, ctx)
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)


DURATION = DurationParameter()

"""The options that commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from gossamer.cli.error import CliError
from gossamer.lab.home import HomeError, LabFolder, state_home

Command = Callable[..., Any]


def lab_option(command: Command) -> Command:
    """`--name`, given to the command as `lab`: the lab's folder."""
    return click.option(
        "--name",
        "lab",
        default="default",
        show_default=True,
        help="The lab.",
        callback=lambda _, __, name: lab_folder(name),
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
        "-n", "--namespace", default="default", show_default=True, help="The namespace."
    )(command)


def output_option(*more: str) -> Callable[[Command], Command]:
    """`-o json`, given as `output` (None for people's eyes); `more` are further formats."""
    return click.option(
        "-o", "--output", type=click.Choice(["json", *more]), help="Print for a program."
    )


def files_option(command: Command) -> Command:
    """`-f PATH`, many times: files, folders, and `-` for standard input."""
    return click.option(
        "-f",
        "--filename",
        "paths",
        multiple=True,
        required=True,
        help="A file, a folder, or - for standard input.",
    )(command)


def paths_argument(command: Command) -> Command:
    """PATH..., given as `paths`."""
    return click.argument("paths", nargs=-1, required=True)(command)

"""`gossamer examples`: the small applications that come with the program."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from gossamer.bundled.examples_index import Example, examples_in
from gossamer.bundled.folders import EXAMPLES
from gossamer.cli.error import CliError
from gossamer.cli.options import output_option
from gossamer.cli.terminal.near import did_you_mean
from gossamer.cli.terminal.output import print_json, print_table, say

COPIES = Path("examples")
"""Below the working folder, as in a checkout: the commands in each README are right in both."""


@click.command()
@click.argument("name", required=False)
@click.option("--copy", is_flag=True, help="Write it to ./examples/NAME, to run and to edit.")
@output_option()
def examples(name: str | None, copy: bool, output: str | None) -> None:
    """List the bundled examples, or show how the one called NAME is run.

    Its files can be run where they are; `--copy` writes them to ./examples/NAME, and never over
    files that are there. Without NAME it copies all of them.
    """
    chosen = examples_in(EXAMPLES) if name is None else (_called(name),)
    if copy:
        for example in chosen:
            _copy(example, COPIES / example.name)
    elif output == "json":
        print_json([_as_json(example) for example in chosen])
    elif name is None:
        print_table(("NAME", "WHAT", "PATH"), [(e.name, e.summary, e.folder) for e in chosen])
        say("\n`gossamer examples NAME` says how one is run; --copy writes it to ./examples")
    else:
        _show(chosen[0])


def _called(name: str) -> Example:
    known = {example.name: example for example in examples_in(EXAMPLES)}
    if name not in known:
        raise CliError(
            f"there is no example {name!r}{did_you_mean(name, known)}; "
            f"`gossamer examples` lists them: {', '.join(known)}"
        )
    return known[name]


def _show(example: Example) -> None:
    say((example.folder / "README.md").read_text().rstrip())
    say(f"\nIts files are in {example.folder}")
    say(f"`gossamer examples {example.name} --copy` writes them to ./{COPIES / example.name}")


def _copy(example: Example, target: Path) -> None:
    """All files, with modes of their own; nothing if the target exists."""
    if target.exists() or target.is_symlink():
        raise CliError(
            f"./{target} exists, so example {example.name} is not copied; "
            "move it away, or run the command in another folder"
        )
    shutil.copytree(example.folder, target, copy_function=shutil.copyfile)
    say(f"copied {example.name} to ./{target}; ./{target}/README.md says how it is run")


def _as_json(example: Example) -> dict[str, object]:
    return {
        "name": example.name,
        "summary": example.summary,
        "folder": str(example.folder),
        "files": [str(path.relative_to(example.folder)) for path in example.files()],
    }

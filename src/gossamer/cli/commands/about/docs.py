"""`gossamer docs`: the documentation, in the terminal."""

from __future__ import annotations

import sys

import click

from gossamer.bundled.folders import DOCS
from gossamer.bundled.topics import DocsTopic, topics_in
from gossamer.cli.error import CliError
from gossamer.cli.options import output_option
from gossamer.cli.terminal.near import did_you_mean
from gossamer.cli.terminal.output import pass_on, print_json, print_table, say


@click.command()
@click.argument("topic", required=False)
@output_option()
def docs(topic: str | None, output: str | None) -> None:
    """Show a page of the documentation, or list all pages.

    TOPIC is a page such as `lab` or `features/retry`, a feature, or the code of a finding. On a
    terminal the page is laid out; elsewhere it is written as it is, in Markdown.
    """
    topics = {page.name: page for page in topics_in(DOCS)}
    pages = topics.values() if topic is None else [_called(topic, topics)]
    if output == "json":
        print_json([{"name": p.name, "title": p.title, "file": str(p.path)} for p in pages])
    elif topic is None:
        print_table(("TOPIC", "TITLE"), [(page.name, page.title) for page in pages])
        say("\n`gossamer docs TOPIC` shows one; the last part of a name is enough")
    else:
        _show(*pages)


def _called(wanted: str, topics: dict[str, DocsTopic]) -> DocsTopic:
    """The page of that name, or the only one whose name ends so; CliError if there is none."""
    wanted = wanted.removesuffix(".md")
    if wanted in topics:
        return topics[wanted]
    ending = [name for name in topics if name.rpartition("/")[2] == wanted]
    if len(ending) == 1:
        return topics[ending[0]]
    if ending:
        raise CliError(f"{wanted!r} is ambiguous; write one of {', '.join(ending)}")
    short = {name.rpartition("/")[2] for name in topics}
    raise CliError(
        f"there is no page {wanted!r}{did_you_mean(wanted, {*topics, *short})}; "
        "`gossamer docs` lists the pages"
    )


def _show(page: DocsTopic) -> None:
    text = page.path.read_text()
    if not sys.stdout.isatty():
        pass_on(text.encode())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))

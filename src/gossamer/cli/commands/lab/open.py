"""`gossamer open`: the lab's addresses on this machine, or one of them in the browser."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from difflib import get_close_matches

import click

from gossamer.cli.error import CliError
from gossamer.cli.lab_access.addresses import Row, lab_words, url_lines, urls_of
from gossamer.cli.lab_access.labs import require
from gossamer.cli.options import lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder

WEB = ("http://", "https://")


@click.command(name="open")
@click.argument("target", metavar="[NAME]", required=False)
@click.option("-n", "--namespace", help="The namespace of NAME.")
@lab_option
@output_option()
def open_(target: str | None, namespace: str | None, lab: LabFolder, output: str | None) -> None:
    """List the addresses of the lab's Gateways and Services at 127.0.0.1, or open that of NAME.

    NAME is a Service or Gateway, as NAME, NAMESPACE/NAME or svc/NAME, with :PORT where it has
    several. It is shown in the browser; where there is none, its address is printed.
    """
    require(lab)
    rows = urls_of(lab)
    chosen = rows if target is None else [_chosen(rows, target, namespace, lab)]
    if output == "json":
        print_json(chosen)
    elif target is not None:
        _open(str(chosen[0]["url"]))
    else:
        _list(rows, lab)


def _list(rows: Sequence[Row], lab: LabFolder) -> None:
    for line in url_lines(rows, lab):
        say(line)
    if not rows:
        say(
            "no Gateway, LoadBalancer or NodePort is declared; "
            f"`gossamer port-forward{lab_words(lab)} svc/NAME :PORT` reaches any Service",
            err=True,
        )


def _open(url: str) -> None:
    """Print it, and show it if it is for a browser and there is one."""
    say(url)
    if not url.startswith(WEB):
        say(f"{url} is not for a browser; give the address to its own client", err=True)
    elif not webbrowser.open(url):
        say("no browser was found on this machine; open the address above yourself", err=True)


def _chosen(rows: Sequence[Row], target: str, namespace: str | None, lab: LabFolder) -> Row:
    """The row of that name and port, the first that has an address."""
    name, _, port = target.partition(":")
    matching = [row for row in rows if _is(row, name, namespace) and port in ("", row["port"])]
    if not matching:
        raise CliError(
            f"{target!r} has no address here, so nothing was opened; {_near(rows, name)}"
        )
    for row in matching:
        if row["url"] is not None:
            return row
    raise CliError(f"nothing was opened: {next(url_lines(matching, lab))}")


def _is(row: Row, name: str, namespace: str | None) -> bool:
    head, slash, last = name.rpartition("/")
    its_namespace, _, its_name = row["name"].partition("/")
    if last != its_name or namespace not in (None, its_namespace):
        return False
    return not slash or head == its_namespace or head in KINDS[row["kind"]]


KINDS = {
    "Service": ("svc", "service", "services"),
    "Gateway": ("gw", "gtw", "gateway", "gateways"),
}


def _near(rows: Sequence[Row], name: str) -> str:
    names = sorted({str(row["name"]) for row in rows})
    by_last = {each.rpartition("/")[2]: each for each in names}
    near = get_close_matches(name.rpartition("/")[2], list(by_last), 1, 0.5)
    if near:
        return f"did you mean {by_last[near[0]]}?"
    known = f"those that have one: {', '.join(names)}; " if names else ""
    return f"{known}`gossamer port-forward svc/NAME :PORT` reaches any Service"

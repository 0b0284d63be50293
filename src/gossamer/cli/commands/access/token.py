"""`gossamer token`: bearer tokens for people and programs that do not operate the mesh."""

from __future__ import annotations

import time

import click

from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import DURATION, lab_option, output_option
from gossamer.cli.printing.age import short_duration
from gossamer.cli.terminal.output import print_json, print_table, say
from gossamer.lab.home import LabFolder

HEADS = ("ID", "NAME", "ROLE", "NAMESPACES", "HOSTS", "EXPIRES IN")
_ROLES = ("operator", "editor", "viewer")


@click.group()
def token() -> None:
    """Make, list and delete bearer tokens. Commands show the one in GOSSAMER_TOKEN."""


@token.command()
@click.option("--role", type=click.Choice(_ROLES), help="What it allows.")
@click.option(
    "--for",
    "pattern",
    metavar="IDENTITY",
    help="A join token instead: agent/HOST, NAMESPACE/ACCOUNT or spiffe://…, * for the last part.",
)
@click.option(
    "--ttl", type=DURATION, default="10m", show_default=True, help="When a join token ends."
)
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    help="Where it allows that, '*' for all; as often as needed. An operator's holds everywhere.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    help="An outside host that an editor may claim for everybody: shop.example.com, *.example.com.",
)
@click.option("--as", "named", help="What the audit log calls its holder (ROLE-NAMESPACE).")
@click.option(
    "--expires", type=DURATION, default="90d", show_default=True, help="When it ends, at most 366d."
)
@lab_option
@output_option()
def create(
    role: str | None,
    pattern: str | None,
    ttl: float,
    namespaces: tuple[str, ...],
    hosts: tuple[str, ...],
    named: str | None,
    expires: float,
    lab: LabFolder,
    output: str | None,
) -> None:
    """Make a token, and print it: it is shown this once.

    With --role one by which a person or program asks the control plane; with --for one by which a
    host or workload gets its first certificate, once.
    """
    if (role is None) == (pattern is None):
        raise click.UsageError("name --role for a bearer token, or --for for a join token")
    if pattern is not None:
        _create_join_token(pattern, ttl, lab, output)
        return
    parts = [role or ""]
    body = {
        "name": named or "-".join([*parts, *(each for each in namespaces[:1] if each != "*")]),
        "role": role,
        "namespaces": list(namespaces),
        "hosts": list(hosts),
        "lifetime_s": expires,
    }
    answer = plane_of(lab).create_token(body)
    if output == "json":
        print_json(answer)
        return
    say(answer["token"])
    say(
        f"This is token {answer['about']['id']}; it is not shown again. "
        f"`gossamer token delete {answer['about']['id']}` ends it",
        err=True,
    )


def _create_join_token(pattern: str, ttl: float, lab: LabFolder, output: str | None) -> None:
    answer = plane_of(lab).create_join_token(pattern, ttl)
    if output == "json":
        print_json(answer)
        return
    say(answer["token"])
    say(
        f"Good for one join as {answer['pattern']}, until {answer['expires']}; it is not shown "
        "again: gossamer identity join --as IDENTITY --out FOLDER reads it from standard input",
        err=True,
    )


@token.command("list")
@lab_option
@output_option()
def list_(lab: LabFolder, output: str | None) -> None:
    """Show all tokens, without their secrets."""
    tokens = plane_of(lab).tokens()["tokens"]
    if output == "json":
        print_json(tokens)
        return
    if not tokens:
        say("there are no tokens; `gossamer token create --role ROLE` makes one", err=True)
        return
    print_table(HEADS, [_row(each, time.time()) for each in tokens])


def _row(each: dict[str, object], now: float) -> tuple[object, ...]:
    left = float(str(each["expires"])) - now
    return (
        each["id"],
        each["name"],
        each["role"],
        _words(each["namespaces"]),
        _words(each["hosts"]),
        short_duration(left) if left > 0 else "expired",
    )


def _words(values: object) -> str:
    return ",".join(map(str, values)) if isinstance(values, list) and values else "-"


@token.command()
@click.argument("identifier", metavar="ID")
@lab_option
@output_option()
def delete(identifier: str, lab: LabFolder, output: str | None) -> None:
    """End a token: the next request with it is refused."""
    plane_of(lab).delete_token(identifier)
    if output == "json":
        print_json({"deleted": identifier})
    else:
        say(f"token {identifier} deleted")

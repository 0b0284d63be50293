"""`--authority`: an authority that a lab is given, looked at before anything starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from gossamer.cli.error import CliError

Command = Callable[..., Any]


def authority_options(command: Command) -> Command:
    """`--authority` and `--authority-passphrase`, given as `authority`: variables for a plane."""

    @wraps(command)
    def with_authority(
        *args: Any, authority: str | None, authority_passphrase: str | None, **words: Any
    ) -> Any:
        settings = {
            "GOSSAMER_AUTHORITY": str(Path(authority).absolute()) if authority else "",
            "GOSSAMER_AUTHORITY_PASSPHRASE": _absolute(authority_passphrase or ""),
        }
        given = {name: value for name, value in settings.items() if value}
        if given:
            _check(*settings.values())
        return command(*args, authority=given, **words)

    folder = click.option(
        "--authority",
        envvar="GOSSAMER_AUTHORITY",
        show_envvar=True,
        metavar="FOLDER",
        help="Sign with the authority in FOLDER: Istio's cacerts, cert-manager's secret, or PEM.",
    )
    passphrase = click.option(
        "--authority-passphrase",
        envvar="GOSSAMER_AUTHORITY_PASSPHRASE",
        show_envvar=True,
        metavar="file:PATH|env:NAME",
        help="Where the passphrase is under which the authority's key rests.",
    )
    return folder(passphrase(with_authority))


def _absolute(place: str) -> str:
    """The plane runs elsewhere."""
    kind, _, name = place.partition(":")
    return f"file:{Path(name).absolute()}" if kind == "file" and name else place


def _check(folder: str, passphrase: str) -> None:
    """CliError where a plane could not use it: before a lab is begun."""
    from gossamer.identity.issuers.given import UNUSABLE, AuthorityGiven
    from gossamer.process.clock import utc_now

    given = AuthorityGiven(Path(folder) if folder else None, passphrase)
    try:
        given.issuer(utc_now(), given.passphrase(dict(os.environ)))
    except UNUSABLE as unusable:
        raise CliError(str(unusable)) from unusable

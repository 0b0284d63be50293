"""`gossamer identity ban`: refuse an identity or a pod although its certificate is good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from gossamer.cli.lab_access.labs import plane_of
from gossamer.cli.options import DURATION, lab_option, output_option
from gossamer.cli.terminal.output import print_json, say
from gossamer.lab.home import LabFolder


@click.command()
@click.argument("subject", metavar="SPIFFE|NS/POD")
@click.option(
    "--until",
    metavar="2h|TIME",
    help="When it ends: in 30m, 2h, 1d, or at 2026-12-01T00:00:00Z; else when it is lifted.",
)
@lab_option
@output_option()
def ban(subject: str, until: str | None, lab: LabFolder, output: str | None) -> None:
    """Refuse an identity, or one pod, from now on.

    Nothing is signed for it, its streams to the control plane end, and peers refuse its
    certificates and its requests on open connections. A restart of the control plane does not
    lift it.
    """
    answer = plane_of(lab).ban(subject, _end(until) if until else "")
    if output == "json":
        print_json(answer)
        return
    say(f"{answer['subject']} is banned {_span(answer['until'])}")
    if answer["certificates"]:
        say(
            f"  {answer['certificates']} of its certificates are refused, and "
            f"{answer['streams_ended']} of its streams to the control plane ended"
        )
    else:
        say(
            "  nobody has a certificate of it now: see `gossamer identity log` for how it is "
            "spelled; none will be signed",
            err=True,
        )
    if not answer["revocation_lists"]:
        say(
            "  the mesh trusts a root that this control plane does not sign with, so there are no "
            "revocation lists: whom it calls refuse it, and callers go on to call it",
            err=True,
        )


def _span(until: str | None) -> str:
    return f"until {until}" if until else "until `gossamer identity unban`"


def _end(text: str) -> str:
    """A time as it was written, or so long from now."""
    if "T" in text or text.count("-") == 2:
        return text
    seconds = DURATION.convert(text, None, None)
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")

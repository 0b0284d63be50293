"""`gossamer events`: what happened in a lab, the last things last."""

from __future__ import annotations

import click

from gossamer.cli.commands.workloads.get import get
from gossamer.cli.objects.kinds import kind_of
from gossamer.cli.options import lab_option, names, namespace_option
from gossamer.cli.printing.printer import OutputForm, form_option
from gossamer.lab.home import LabFolder


@click.command()
@click.option(
    "--for",
    "about",
    metavar="KIND/NAME",
    shell_complete=names("objects"),
    help="Only those about it.",
)
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of every namespace.")
@click.option("--types", metavar="TYPE", help="Only Normal, or only Warning.")
@click.option("-w", "--watch", "watching", is_flag=True, help="Go on with new ones, to Ctrl-C.")
@click.option("--no-headers", is_flag=True, help="A table without its heads.")
@namespace_option
@lab_option
@form_option
@click.pass_context
def events(
    ctx: click.Context,
    about: str | None,
    everywhere: bool,
    types: str | None,
    watching: bool,
    no_headers: bool,
    namespace: str,
    lab: LabFolder,
    form: OutputForm,
) -> None:
    """Show what happened: pods started, probes that failed, back-offs; repeated things once."""
    ctx.invoke(
        get,
        words=("events",),
        everywhere=everywhere,
        field_selector=",".join(_fields(about, types)),
        sort_by=".lastTimestamp",
        watching=watching,
        no_headers=no_headers,
        namespace=namespace,
        lab=lab,
        form=form,
    )


def _fields(about: str | None, types: str | None) -> list[str]:
    fields = [f"type={types.capitalize()}"] if types else []
    if about:
        kind, slash, name = about.partition("/")
        if not slash or not name:
            raise click.BadParameter("write KIND/NAME, such as pod/web-0", param_hint="--for")
        fields += [f"involvedObject.kind={kind_of(kind).name}", f"involvedObject.name={name}"]
    return fields

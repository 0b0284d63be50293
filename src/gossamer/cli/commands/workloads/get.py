"""`gossamer get`: objects as the mesh stores them, pods as the lab runs them; kubectl's habits."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from gossamer.cli.objects.choose import Choice, choose
from gossamer.cli.objects.item import Item
from gossamer.cli.objects.jsonpath.path import PathError
from gossamer.cli.objects.kinds import ALL
from gossamer.cli.objects.lab_objects import LabObjects
from gossamer.cli.objects.labels import parse_selector
from gossamer.cli.objects.order import fields_fit, in_order
from gossamer.cli.objects.targets import targets
from gossamer.cli.options import lab_option, names, namespace_option
from gossamer.cli.printing.printer import OutputForm, TableStyle, form_option, print_items
from gossamer.cli.printing.watching import watch
from gossamer.cli.terminal.output import one_line, say
from gossamer.lab.home import LabFolder

INTERRUPTED = 130
_MOST_TOLD = 5


@click.command()
@click.argument(
    "words",
    metavar="KIND[,KIND] [NAME]...",
    nargs=-1,
    required=True,
    shell_complete=names("objects"),
)
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="Of every namespace.")
@click.option("-l", "--selector", help="Only those with these labels: 'app=web,tier in (a,b)'.")
@click.option("--field-selector", help="Only those with these fields: status.phase=Running.")
@click.option("--show-labels", is_flag=True, help="Labels as the last column.")
@click.option("--no-headers", is_flag=True, help="A table without its heads.")
@click.option("--sort-by", metavar="PATH", help="By what this JSONPath shows.")
@click.option("-w", "--watch", "watching", is_flag=True, help="Go on with what changes, to Ctrl-C.")
@namespace_option
@lab_option
@form_option
def get(
    words: tuple[str, ...],
    everywhere: bool,
    selector: str | None,
    field_selector: str | None,
    show_labels: bool,
    no_headers: bool,
    sort_by: str | None,
    watching: bool,
    namespace: str,
    lab: LabFolder,
    form: OutputForm,
) -> None:
    """Show objects of KIND (pods, svc, deploy, virtualservice, vs…, `all`), or those of a name.

    Several kinds with commas, several objects as KIND NAME NAME or KIND/NAME KIND/NAME.
    """
    whole = form.word in ("yaml", "jsonpath") or bool(field_selector or sort_by)
    objects = LabObjects(lab, whole)
    choice = Choice(
        targets(words, lambda: objects.own_kinds),
        None if everywhere else namespace,
        parse_selector(selector),
    )
    many = len({kind for target in choice.targets for kind in target.kinds}) > 1
    style = TableStyle(everywhere, show_labels, not no_headers, many)

    def chosen(held: LabObjects) -> Sequence[Item]:
        items = fields_fit(choose(held, choice), field_selector)
        try:
            return in_order(items, sort_by)
        except PathError as error:
            raise click.UsageError(str(error)) from error

    if watching:
        watch(lambda: chosen(LabObjects(lab, whole)), form, style)
        sys.exit(INTERRUPTED)
    items = chosen(objects)
    if not items and form.table:
        say(_nothing(choice), err=True)
        return
    print_items(items, form, style, one=choice.of_one_name and len(items) == 1)
    if form.table:
        _tell_of_trouble(items)


def _nothing(choice: Choice) -> str:
    words = {target.word.lower() for target in choice.targets}
    kinds = "object" if ALL in words else choice.targets[0].kinds[0].name
    where = (
        f"in namespace {choice.namespace!r}; -A shows all" if choice.namespace else "in this lab"
    )
    return f"there is no {kinds} {where}"


def _tell_of_trouble(items: Sequence[Item]) -> None:
    """Why pods are not ready, below a table that has no room for it."""
    bad = [item for item in items if item.seen.get("stuck") and item.seen.get("reason")]
    for item in bad[:_MOST_TOLD]:
        say(one_line(f"{item.namespace}/{item.name}: {item.seen['reason']}"), err=True)
    if len(bad) > _MOST_TOLD:
        say(f"and {len(bad) - _MOST_TOLD} more; -o wide shows each reason", err=True)

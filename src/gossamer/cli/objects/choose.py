"""The objects that a command's words, namespace and labels mean; or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gossamer.cli.error import CliError
from gossamer.cli.objects.item import Item
from gossamer.cli.objects.lab_objects import LabObjects
from gossamer.cli.objects.labels import EVERYTHING, LabelSelector
from gossamer.cli.objects.targets import Target


@dataclass(frozen=True, slots=True)
class Choice:
    """Which objects are asked for; `namespace` None is every one."""

    targets: tuple[Target, ...]
    namespace: str | None = "default"
    selector: LabelSelector = EVERYTHING

    @property
    def of_one_name(self) -> bool:
        """Whether exactly one object was named."""
        return len(self.targets) == 1 and self.targets[0].name is not None


def choose(objects: LabObjects, choice: Choice) -> list[Item]:
    """The objects in the order asked for; CliError where a name is of nothing."""
    items: dict[int, Item] = {}
    by_target: dict[tuple[object, ...], list[Item]] = {}
    for target in choice.targets:
        held = by_target.setdefault(target.kinds, list(objects.of(target.kinds)))
        chosen = [item for item in held if _fits(item, target, choice)]
        if target.name is not None and not chosen:
            raise CliError(_nothing(target, choice.namespace, held))
        items |= {id(item): item for item in chosen}
    return list(items.values())


def _fits(item: Item, target: Target, choice: Choice) -> bool:
    home = choice.namespace is None or item.namespace in (choice.namespace, "")
    if target.name is None:
        return home and choice.selector.fits(item.labels)
    return home and item.name == target.name


def _nothing(target: Target, namespace: str | None, held: Sequence[Item]) -> str:
    kind, name = target.kinds[0].name, target.name or ""
    where = f"in namespace {namespace!r}" if namespace else "in any namespace"
    elsewhere = next((item for item in held if item.name == name), None)
    if elsewhere:
        hint = f"did you mean `-n {elsewhere.namespace}`?"
    else:
        here = [item.name for item in held if namespace in (None, item.namespace)]
        near = get_close_matches(name, here, 1, 0.6)
        lists = f"`gossamer get {target.word} -A` lists those that are"
        hint = f"did you mean {near[0]!r}? {lists}" if near else lists
    return f"there is no {kind} {name!r} {where}; {hint}"

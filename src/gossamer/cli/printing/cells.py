"""What stands in one cell of a table: a function from an object to its text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gossamer.cli.objects.item import Item
from gossamer.cli.printing.age import age

Cell = Callable[[Item], Any]
NONE = "<none>"
LONGEST_LIST = 3
"""So many hosts or endpoints are printed; the others are counted."""


def at(*path: str, otherwise: Any = NONE) -> Cell:
    """A field of the object."""

    def cell(item: Item) -> Any:
        value: Any = item.body
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return otherwise if value in (None, "", [], {}) else value

    return cell


def count(*path: str) -> Cell:
    return at(*path, otherwise=0)


def size(*path: str) -> Cell:
    return lambda item: len(at(*path, otherwise=())(item))


def words(*path: str) -> Cell:
    """A list of texts."""
    return lambda item: joined(at(*path, otherwise=())(item)) or None


def joined(values: Iterable[Any], most: int = LONGEST_LIST) -> str:
    """The first few, and how many more there are."""
    texts = [str(value) for value in values]
    rest = f" + {len(texts) - most} more..." if len(texts) > most else ""
    return ",".join(texts[:most]) + rest


def pairs(*path: str) -> Cell:
    def cell(item: Item) -> str:
        labels = at(*path, otherwise={})(item)
        return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE

    return cell


def ready_of(desired: Sequence[str], ready: Sequence[str]) -> Cell:
    return lambda item: f"{count(*ready)(item)}/{at(*desired, otherwise=1)(item)}"


def template(key: str) -> Cell:
    def cell(item: Item) -> str:
        containers = at("spec", "template", "spec", "containers", otherwise=())(item)
        return ",".join(str(each.get(key, "")) for each in containers if isinstance(each, Mapping))

    return cell


def age_of(item: Item) -> str:
    return age(item.created)


def declared_at(item: Item) -> str:
    return item.place or NONE


def restarts(item: Item) -> str:
    count, last = item.seen["restarts"], item.seen["restarted"]
    return f"{count} ({age(last)} ago)" if count and last else str(count)


def seen(key: str) -> Cell:
    return lambda item: item.seen[key] or NONE


def ports(item: Item) -> str:
    def text(port: Mapping[str, Any]) -> str:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        return f"{port.get('port')}{node}/{port.get('protocol', 'TCP')}"

    ports = at("spec", "ports", otherwise=())(item)
    return ",".join(text(port) for port in ports) or NONE


def cluster_ip(item: Item) -> str:
    declared = item.body.get("spec", {}).get("clusterIP")
    return str(declared or item.seen.get("address") or NONE)


def external_ip(item: Item) -> str:
    spec = item.body.get("spec", {})
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName"))
    addresses = spec.get("externalIPs") or item.seen.get("external") or ()
    pending = "<pending>" if spec.get("type") == "LoadBalancer" else NONE
    return ",".join(addresses) or pending


def job_state(item: Item) -> str:
    conditions = at("status", "conditions", otherwise=())(item)
    types = [each["type"] for each in conditions]
    return types[-1] if types else "Suspended" if at("spec", "suspend")(item) is True else "Running"


def job_done(item: Item) -> str:
    spec = item.body.get("spec") or {}
    wanted = spec.get("completions") or spec.get("parallelism") or 1
    return f"{count('status', 'succeeded')(item)}/{wanted}"


def gateway_address(item: Item) -> str:
    return str(item.seen.get("url") or NONE)


def event_object(item: Item) -> str:
    return f"{item.shape['kind'].lower()}/{item.shape['name']}"


def last_seen(item: Item) -> str:
    last, first, count = (item.shape[key] for key in ("last", "first", "count"))
    return f"{age(last)} (x{count} over {age(first)})" if count > 1 else age(last)


def unless_default(*path: str, default: str) -> Cell:
    return at(*path, otherwise=default)

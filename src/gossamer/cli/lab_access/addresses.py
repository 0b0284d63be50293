"""The addresses of a lab at 127.0.0.1, as the holder knows them, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gossamer.cli.lab_access.sockets import ask
from gossamer.lab.home import LabFolder

Row = dict[str, Any]


def urls_of(lab: LabFolder) -> list[Row]:
    """`{kind, type, name, port, url, note}` of each; `url` is None where no call would succeed."""
    rows: list[Row] = ask(lab.holder_socket, {"op": "urls"})["urls"]
    return rows


def url_lines(rows: Iterable[Row], lab: LabFolder) -> Iterator[str]:
    """A line for each, with the port where an object has several."""
    rows = list(rows)
    names = [(row["kind"], row["name"]) for row in rows]
    for row in rows:
        several = names.count((row["kind"], row["name"])) > 1
        name = f"{row['kind'].lower()} {row['name']}"
        yield f"{name}{' port ' + row['port'] if several else ''}: {_where(row, lab)}"


def _where(row: Row, lab: LabFolder) -> str:
    if row["url"] is not None:
        return str(row["url"])
    namespace, _, name = row["name"].partition("/")
    words = lab_words(lab) + ("" if namespace == "default" else f" -n {namespace}")
    line = f"gossamer port-forward{words} svc/{name} :{row['port']}"
    return f"no address: it {row['note']}; `{line}` reaches it past its proxy"


def lab_words(lab: LabFolder) -> str:
    """` --name NAME` for a command that is printed, where the lab is not the default one."""
    return "" if lab.name == "default" else f" --name {lab.name}"

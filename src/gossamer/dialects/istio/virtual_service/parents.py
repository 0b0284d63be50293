"""`gateways` of a VirtualService or of one match: names of gateways, and `mesh`."""

from __future__ import annotations

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.ids import Dialect, gateway_id
from gossamer.model.traffic.route import MESH


def read_parents(fields: Fields, name: str, namespace: str) -> tuple[str, ...]:
    """The ids of the named gateways, each once; `mesh` is all sidecars."""
    parents = []
    for at, text in enumerate(fields.strings(name)):
        home, slash, short = text.rpartition("/")
        if text == MESH:
            parents.append(MESH)
        elif short and "/" not in home and (home or not slash):
            parents.append(
                gateway_id(Dialect.ISTIO, namespace if home in ("", ".") else home, short)
            )
        else:
            _tell_bad_name(fields, (name, at), text)
    return tuple(dict.fromkeys(parents))


def _tell_bad_name(fields: Fields, field: tuple[str, int], text: str) -> None:
    fields.report(
        f"{dotted((*fields.path, *field))} is {quoted(text)}, which is not a valid gateway name",
        "it is attached to nothing",
        "Write NAME, NAMESPACE/NAME or mesh",
        field=field,
        code="invalid-gateway-name",
    )

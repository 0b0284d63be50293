"""A name that no resolver answers: the mesh has it not, and outside it cannot exist."""

from __future__ import annotations

from gossamer.compile.checks.nearest import nearest_host
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.explain.resolve import Resolved
from gossamer.model import tables
from gossamer.model.ids import CLUSTER_DOMAIN, EVERYWHERE
from gossamer.model.mesh import Mesh


def resolves_nowhere(meant: Resolved) -> bool:
    """Whether nobody has an address for it: a bare word, or a name of the cluster's own domain.

    Any other name may exist outside, which only a resolver there knows.
    """
    name = meant.name.rstrip(".")
    own = name == CLUSTER_DOMAIN or name.endswith((".svc", f".{CLUSTER_DOMAIN}"))
    return meant.address is None and (own or "." not in name)


def said_of_unknown(mesh: Mesh, meant: Resolved, host: str, namespace: str) -> str:
    """What is reported of a name without an address, with the near name if there is one."""
    if resolves_nowhere(meant) and meant.name in (mesh.lookup(tables.HOSTS, EVERYWHERE) or ()):
        return f"{host} is {meant.name}, which has no address: it is headless without a ready pod"
    near = _near(mesh, meant.name.rstrip("."), namespace)
    hint = f" (did you mean {near}?)" if near else ""
    if resolves_nowhere(meant):
        return f"{host} resolves nowhere: no Service or ServiceEntry has this name{hint}"
    return f"{host} is not a name of the mesh; it is resolved outside{hint}"


def _near(mesh: Mesh, name: str, namespace: str) -> str:
    """The host that may be meant, as short as the client can write it; empty if there is none."""
    service, _, rest = name.partition(".")
    home = rest.partition(".")[0] or namespace
    if rest and "." in rest and not name.endswith((".svc", f".{CLUSTER_DOMAIN}")):
        return ""
    near = nearest_host(TrackedLookup(mesh), f"{service}.{home}.svc.{CLUSTER_DOMAIN}")
    return near.removesuffix(f".{namespace}.svc.{CLUSTER_DOMAIN}").removesuffix(
        f".svc.{CLUSTER_DOMAIN}"
    )

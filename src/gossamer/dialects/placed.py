"""A route with its policies, and the paths where the route and each policy are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gossamer.manifests.manifest import Path
from gossamer.model.policies import Policy, policies
from gossamer.model.traffic.route import Route

Written = tuple[Policy | None, Path]


@dataclass(frozen=True, slots=True)
class Placed:
    """A route, its match's path, and its policies' by their words."""

    route: Route
    path: Path
    policies: tuple[tuple[str, Path], ...]


def placed(route: Route, path: Path, written: Iterable[Written]) -> Placed:
    """The route with these policies, None among them left out."""
    set_policies = [(value, place) for value, place in written if value is not None]
    whole = replace(route, policies=policies(*(value for value, _ in set_policies)))
    return Placed(whole, path, tuple((value.WORD, place) for value, place in set_policies))


def names_of(routes: Iterable[Placed]) -> tuple[tuple[str, Path], ...]:
    """What an object calls these places: `route NAME`, and `WORD of route NAME`."""
    return tuple(pair for each in routes for pair in _names(each))


def _names(each: Placed) -> Iterable[tuple[str, Path]]:
    name = f"route {each.route.name}"
    yield name, each.path
    for policy, path in each.policies:
        yield f"{policy} of {name}", path

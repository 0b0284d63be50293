"""From the name of a rule, as Envoy has it, to the file and line where it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gossamer.contract.authorization_names import parse_nobody, parse_rule
from gossamer.explain.places import field_place, object_place
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef, Origin
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction
from gossamer.model.workload.workload_policy import WorkloadPolicy


def rule_places(mesh: Mesh, rule: str, objects: Iterable[ObjectRef] = ()) -> tuple[Origin, ...]:
    """Where a rule is written: one place, or where no rule lets a call in, all that might have.

    `objects` are those that hold for the workload; without them the name says whom it means.
    """
    every = tuple(objects) or tuple(mesh.contributions)
    named = parse_rule(rule)
    if named is not None:
        refs = (ref for ref in every if str(ref) == named.object)
        return tuple(field_place(mesh, ref, f"spec.rules[{named.index}]") for ref in refs)
    lacking = parse_nobody(rule)
    if not lacking:
        return ()
    refs = (ref for ref in every if _lets_in(mesh, ref))
    wanted = refs if objects else (ref for ref in refs if str(ref) in lacking)
    places = (object_place(mesh, ref) for ref in wanted)
    return tuple(place for place in places if place is not None)


def _lets_in(mesh: Mesh, ref: ObjectRef) -> bool:
    """Whether the object lets calls in, and is no trial."""
    return any(
        each.action is AuthorizationAction.ALLOW and not each.dry_run
        for each in authorizations_of(mesh, ref)
    )


def authorizations_of(mesh: Mesh, ref: ObjectRef) -> Iterator[Authorization]:
    """What an object says of who may call."""
    known = mesh.contributions.get(ref)
    for fragment in known.fragments if known else ():
        if isinstance(fragment, WorkloadPolicy):
            value = fragment.policies.get(Authorization)
            if value is not None:
                yield value

"""Whom the CUSTOM policies of a workload ask, and about which calls.

As in Istio one workload asks one provider. Where its policies name several, or one that MeshConfig
does not have, nobody can be asked, and the calls they speak of are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import WorkloadView
from gossamer.compile.lookup.authorization import Deciding, DecidingObject
from gossamer.compile.lookup.workload_policies import all_that_apply
from gossamer.model.assembly.visible import settings_of
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction
from gossamer.model.workload.ext_authz import ExternalAuthorizer


@dataclass(frozen=True, slots=True)
class Asking:
    """The CUSTOM policies of a workload, and who is asked; None where nobody can be."""

    policies: Deciding
    authorizer: ExternalAuthorizer | None


def asking(read: TrackedLookup, view: WorkloadView) -> Asking | None:
    """Whom a workload's CUSTOM policies ask; None where it has none."""
    custom = [
        (policy, each)
        for policy, each in all_that_apply(read, Authorization, view)
        if each.action is AuthorizationAction.CUSTOM and not each.dry_run
    ]
    if not custom:
        return None
    settings = settings_of(read)
    known = {each.name: each for each in settings.authorizers}
    named = {each.provider for _, each in custom}
    if settings.object is not None:
        read.decided(settings.object)
    return Asking(
        tuple(
            DecidingObject(policy.object, each.action, tuple(enumerate(each.rules)))
            for policy, each in custom
        ),
        known.get(next(iter(named))) if len(named) == 1 else None,
    )

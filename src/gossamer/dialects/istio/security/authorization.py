"""AuthorizationPolicy: which calls workloads take, by who calls, what is asked and on what terms.

An object with an error is refused as a whole. A part of it would let in, or refuse, other calls
than were meant.
"""

from __future__ import annotations

from collections.abc import Mapping

from gossamer.dialects.istio.security.call_rules import check_names, read_rules
from gossamer.dialects.istio.values.selector import read_selector
from gossamer.dialects.istio.values.targets import read_targets
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted, quoted
from gossamer.model.finding import Finding, Severity
from gossamer.model.policies import policies
from gossamer.model.policies.workload.authorization import Authorization, AuthorizationAction
from gossamer.model.workload.workload_policy import WorkloadPolicy

DRY_RUN = "istio.io/dry-run"

_ACTIONS = {action.value: action for action in AuthorizationAction}
_FIELDS = ("selector", "targetRef", "targetRefs", "action", "provider", "rules")
_DRY = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
_FIRST = "; as long as no version of it was taken, calls are decided as if it were not there: "
_WHY: Mapping[AuthorizationAction, str] = {
    AuthorizationAction.ALLOW: f"a part of it would let in others{_FIRST}nobody is let in by it",
    AuthorizationAction.DENY: f"a part of it would refuse others{_FIRST}"
    "what it is to refuse is not refused",
    AuthorizationAction.AUDIT: "other calls would be noted than were meant",
    AuthorizationAction.CUSTOM: f"a part of it would ask about other calls{_FIRST}"
    "nobody is asked by it",
}


def read_authorization_policy(
    manifest: Manifest, findings: list[Finding]
) -> ObjectFragments | None:
    """What one object says."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec")
        check_names(spec, _FIELDS)
        selector, targets = read_selector(spec.child("selector")), read_targets(spec)
        action = spec.one_of("action", _ACTIONS, AuthorizationAction.ALLOW)
        authorization = Authorization(
            action, tuple(read_rules(spec)), _provider(spec, action), _dry_run(top)
        )
        _remark(spec, authorization)
        if refused(top, _WHY[action]):
            return None
    policy = WorkloadPolicy(
        object=manifest.ref,
        namespace=manifest.namespace,
        selector=selector,
        policies=policies(authorization),
        targets=targets,
    )
    return ObjectFragments((policy,))


def _provider(spec: Fields, action: AuthorizationAction) -> str:
    if action is AuthorizationAction.CUSTOM:
        return spec.child("provider", required=True).string("name", required=True) or ""
    if spec.child("provider"):
        spec.child("provider").skip("name")
        spec.report(
            f"{dotted((*spec.path, 'provider'))} is set, and the action is {action}",
            "nobody would be asked",
            "Write action: CUSTOM, or remove provider",
            field="provider",
        )
    return ""


def _dry_run(top: Fields) -> bool:
    text = top.manifest.annotations.get(DRY_RUN, "false")
    if text not in _DRY:
        top.report(
            f"the annotation {DRY_RUN} is {quoted(text)}, which is neither true nor false",
            "it is ambiguous whether the object decides",
            "Write true or false, in quotes",
            field=("metadata", "annotations", DRY_RUN),
            code="invalid-annotation",
        )
    return _DRY.get(text, False)


def _remark(spec: Fields, authorization: Authorization) -> None:
    """An object without rules: an ALLOW lets nobody in, which is often meant; others do nothing."""
    if not authorization.rules and authorization.action is not AuthorizationAction.ALLOW:
        spec.report(
            f"{dotted(spec.path)} has no rules, and the action is {authorization.action}",
            "no call ever matches it",
            "Write rules, or `rules: [{}]` for every call",
            field="action",
            severity=Severity.WARNING,
            code="no-effect",
        )

"""`targetRefs`: the objects whose workloads a policy is for, instead of a selector."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import dotted, quoted
from gossamer.model.ids import ROOT_NAMESPACE
from gossamer.model.workload.workload_policy import PolicyTarget

_GATEWAY_API, _CORE = "gateway.networking.k8s.io", ""
_KINDS = (
    (_GATEWAY_API, "Gateway"),
    (_GATEWAY_API, "GatewayClass"),
    (_CORE, "Service"),
    ("networking.istio.io", "ServiceEntry"),
)
_CLASS = _KINDS[1]
_WHOM = "it is ambiguous which workloads are meant"


def read_targets(spec: Fields) -> tuple[PolicyTarget, ...]:
    """The objects that `targetRefs`, or the older `targetRef`, names; none if both are absent."""
    if spec.has("selector") and (spec.has("targetRefs") or spec.has("targetRef")):
        _tell_both(spec, "selector", "targetRefs" if spec.has("targetRefs") else "targetRef")
    elif spec.has("targetRef") and spec.has("targetRefs"):
        _tell_both(spec, "targetRef", "targetRefs")
    references = [*spec.each("targetRefs")]
    if spec.has("targetRef"):
        references.append(spec.child("targetRef"))
    return tuple(_targets(references))


def _targets(references: list[Fields]) -> Iterator[PolicyTarget]:
    for each in references:
        group, kind = each.string("group", ""), each.string("kind", required=True)
        name, namespace = each.string("name", required=True), each.string("namespace", "")
        group = _CORE if group == "core" else group
        if kind is None or name is None:
            continue
        if namespace not in ("", each.manifest.namespace):
            _tell_namespace(each, namespace)
        elif (group, kind) not in _KINDS:
            _tell_kind(each, group, kind)
        elif (group, kind) == _CLASS and each.manifest.namespace != ROOT_NAMESPACE:
            _tell_class(each)
        else:
            yield PolicyTarget(group, kind, name)


def _tell_both(spec: Fields, one: str, other: str) -> None:
    spec.report(
        f"{dotted((*spec.path, one))} and {other} are set together, but only one is allowed",
        _WHOM,
        f"Keep one of {one} and {other}",
        field=other,
    )


def _tell_namespace(reference: Fields, namespace: str) -> None:
    reference.report(
        f"{dotted((*reference.path, 'namespace'))} is {quoted(namespace)}: a target is always in "
        "the policy's own namespace",
        _WHOM,
        "Remove it, and write the policy in the namespace of its target",
        field="namespace",
        code="invalid-reference",
    )


def _tell_kind(reference: Fields, group: str, kind: str) -> None:
    written = f"{group}/{kind}" if group else kind
    reference.report(
        f"{dotted((*reference.path, 'kind'))} is {quoted(written)}, which no policy can be for",
        _WHOM,
        "Name a Gateway or GatewayClass (group gateway.networking.k8s.io), a Service, or a "
        "ServiceEntry (group networking.istio.io)",
        field="kind",
        code="invalid-reference",
    )


def _tell_class(reference: Fields) -> None:
    reference.report(
        f"{dotted((*reference.path, 'kind'))} is GatewayClass, which is for gateways of every "
        f"namespace, and this object is in {reference.manifest.namespace}",
        _WHOM,
        f"Write it in the namespace {ROOT_NAMESPACE}, or name a Gateway",
        field="kind",
        code="invalid-reference",
    )

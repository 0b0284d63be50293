"""`namespace`, `namePrefix` and `nameSuffix`: where objects live and what they are called."""

from __future__ import annotations

from functools import partial

from gossamer.render.kustomize.kustomization import Kustomization
from gossamer.render.kustomize.node import EACH, Edit, FieldNode, created, edited
from gossamer.render.kustomize.resource import KustomizedObject, Resources, each_changed

_KEEP_NAMES = ("CustomResourceDefinition", "APIService", "Namespace")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def namespace(resources: Resources, at: Kustomization) -> Resources:
    """All objects that live in a namespace, in this one."""
    if not at.fields.string("namespace", ""):
        return resources
    node = at.node("namespace")
    return each_changed(resources, partial(_moved, node))


def _moved(node: FieldNode, each: KustomizedObject) -> FieldNode:
    body = each.body
    if each.kind == "Namespace" and not each.group:
        return created(body, ("metadata", "name"), node)
    if not each.is_cluster_scoped:
        body = created(body, ("metadata", "namespace"), node)
    if each.kind in _BINDINGS:
        return edited(body, ("subjects", EACH), partial(_subject, node))
    if each.kind in _WEBHOOKS:
        return edited(body, ("webhooks", EACH, "clientConfig", "service", "namespace"), _to(node))
    if each.kind == "APIService":
        return edited(body, ("spec", "service", "namespace"), _to(node))
    return body


def _to(node: FieldNode) -> Edit:
    return lambda _: node


def _subject(node: FieldNode, subject: FieldNode) -> FieldNode:
    """The account `default` belongs to every namespace; others follow their own object."""
    is_default = subject.text_at("name") == "default"
    return subject.put("namespace", node) if is_default else subject


def affixes(resources: Resources, at: Kustomization) -> Resources:
    """The prefix before and the suffix behind each name."""
    before, after = at.fields.string("namePrefix", ""), at.fields.string("nameSuffix", "")
    if not before and not after:
        return resources
    return tuple(_affixed(each, before, after) for each in resources)


def _affixed(each: KustomizedObject, before: str, after: str) -> KustomizedObject:
    if each.kind in _KEEP_NAMES:
        return each
    return each.renamed(f"{before}{each.name}{after}")

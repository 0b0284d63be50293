"""Documents of other programs that lie beside manifests: they describe no object of a cluster.

A folder of manifests often holds what Kustomize, Helm, Skaffold or an editor read. Such a file is
no mistake of its author, unless somebody names it as a manifest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a document is, with its article, and what to give to the mesh instead."""

    what: str
    remedy: str


_RENDER = "Render its folder: gossamer COMMAND -k FOLDER"
_CHART = "Name the chart's folder, or give what it renders: helm template NAME CHART"
_ISTIO = "Put its meshConfig into the ConfigMap istio, or give the manifests that istioctl makes"
_APART = "Name the manifests alone"
_KUSTOMIZATION = Foreign("a Kustomization, which kustomize reads", _RENDER)
_OPERATOR = Foreign("an IstioOperator, which istioctl reads", _ISTIO)
_SKAFFOLD = Foreign(
    "a configuration of Skaffold", "Give the manifests that it renders: skaffold render"
)
_DESCRIPTION = Foreign("the description of a Helm chart", _CHART)
_VALUES = Foreign("a file of values for a Helm chart", _CHART)
_COMPOSE = Foreign("a file of Docker Compose", "Write its services as Deployments and Services")
_WORKFLOW = Foreign("a workflow of a build service", _APART)
_SCHEMA = Foreign("a schema", _APART)
_KUBECONFIG = Foreign("a kubeconfig, which kubectl reads", _APART)
_PACKAGE = Foreign("the description of a package", _APART)
_CLUSTER = Foreign("the configuration of a tool that makes clusters", _APART)
_UNKNOWN = Foreign(
    "not an object of a cluster, which would have apiVersion, kind and metadata",
    "Write those fields, or leave the document out",
)

_BY_GROUP = {
    "kustomize.config.k8s.io": _KUSTOMIZATION,
    "install.istio.io": _OPERATOR,
    "skaffold": _SKAFFOLD,
    "kind.x-k8s.io": _CLUSTER,
    "k3d.io": _CLUSTER,
    "ctlptl.dev": _CLUSTER,
    "eksctl.io": _CLUSTER,
    "kubeadm.k8s.io": _CLUSTER,
    "kubelet.config.k8s.io": _CLUSTER,
    "kubeproxy.config.k8s.io": _CLUSTER,
    "backstage.io": Foreign("an entry of Backstage's catalog", _APART),
}
GROUPS = tuple(_BY_GROUP)
"""API groups whose documents are meant for other programs."""

_BY_NAME = (
    (r"kustomization\.ya?ml", _KUSTOMIZATION),
    (r"Chart\.ya?ml", _DESCRIPTION),
    (r"values([-_.].*)?\.(ya?ml|json)", _VALUES),
    (r"skaffold([-_.].*)?\.ya?ml", _SKAFFOLD),
    (r"(docker-)?compose([-_.].*)?\.ya?ml", _COMPOSE),
    (r"(package(-lock)?|composer)\.json", _PACKAGE),
    (r".*schema\.json", _SCHEMA),
)
_BY_FIELDS = (
    ({"$schema"}, _SCHEMA),
    ({"openapi", "paths"}, Foreign("a description of an API", _APART)),
    ({"swagger", "paths"}, Foreign("a description of an API", _APART)),
    ({"jobs", "on"}, _WORKFLOW),
    ({"jobs", "name"}, _WORKFLOW),
)
_TEMPLATE = re.compile(
    r"\{\{-?\s*(/\*|\$|\.|(if|else|end|range|with|define|include|template|block|tpl|toYaml)\b)"
)


def foreign(value: Any, file: str) -> Foreign | None:
    """What a document is if it is meant for another program; None where an object may be meant."""
    fields = set(value) if isinstance(value, Mapping) else set()
    if {"apiVersion", "kind"} <= fields:
        return _of_group(value)
    if _is_tried(fields):
        return None
    name = re.split(r"[/\\]", file)[-1]
    by_name = (kind for pattern, kind in _BY_NAME if re.fullmatch(pattern, name))
    by_fields = (kind for wanted, kind in _BY_FIELDS if wanted <= fields)
    return next(chain(by_name, by_fields), _UNKNOWN)


def is_template(text: str) -> bool:
    """Whether a text has places that Helm fills in."""
    return bool(_TEMPLATE.search(text))


def _of_group(value: Mapping[str, Any]) -> Foreign | None:
    if (value["apiVersion"], value["kind"]) == ("v1", "Config") and "clusters" in value:
        return _KUBECONFIG
    return _BY_GROUP.get(str(value["apiVersion"]).partition("/")[0])


def _is_tried(fields: set[str]) -> bool:
    """Whether somebody tried to write an object: one of its two names is there, in any case of
    letters, alone or beside what objects have; or all but the names."""
    lowered = {field.lower() for field in fields}
    named, body = lowered & {"apiversion", "kind"}, lowered & {"metadata", "spec", "data"}
    return bool(named and (body or named == lowered)) or {"metadata", "spec"} <= lowered

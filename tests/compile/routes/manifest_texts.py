"""Manifests of a few words, so that each test shows its whole input."""

from __future__ import annotations

from textwrap import dedent, indent

GROUPS = {
    "VirtualService": "networking.istio.io/v1",
    "DestinationRule": "networking.istio.io/v1",
    "ServiceEntry": "networking.istio.io/v1",
    "Gateway": "networking.istio.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "ReferenceGrant": "gateway.networking.k8s.io/v1beta1",
    "TrafficSplit": "split.smi-spec.io/v1alpha4",
}


def documents(*each: str) -> str:
    """One text of many documents."""
    return "---\n".join(each)


def service(name: str, namespace: str = "default", more: str = "", port: int = 9080) -> str:
    """A Service of one HTTP port that selects `app: NAME`."""
    text = f"selector: {{app: {name}}}\nports: [{{name: http, port: {port}}}]\n{more}"
    return _document("v1", "Service", name, namespace, text)


def pod(name: str, namespace: str = "default", labels: str = "", more: str = "") -> str:
    """A Pod with the label `app: NAME` and others."""
    extra = f", {labels}" if labels else ""
    head = f"metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}{extra}}}}}"
    spec = f"containers: [{{name: app, image: app}}]\n{more}"
    return f"apiVersion: v1\nkind: Pod\n{head}\nspec:\n{indent(dedent(spec), '  ')}\n"


def spec(kind: str, text: str, name: str = "it", namespace: str = "default") -> str:
    """A document of that kind with this spec."""
    return _document(GROUPS[kind], kind, name, namespace, text)


def gateway_api(text: str, name: str = "front", namespace: str = "default") -> str:
    """A Gateway of the Gateway API."""
    return _document("gateway.networking.k8s.io/v1", "Gateway", name, namespace, text)


def config_map(text: str) -> str:
    """The mesh-wide settings."""
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
    return f"{head}data:\n  mesh: |\n{indent(dedent(text).strip(), '    ')}\n"


def _document(api: str, kind: str, name: str, namespace: str, text: str) -> str:
    head = f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
    return f"{head}spec:\n{indent(dedent(text).strip(), '  ')}\n"

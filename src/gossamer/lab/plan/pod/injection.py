"""Whether a pod gets a proxy, and whether it is one.

In a lab every namespace is injected unless something says no; a no anywhere wins, as in Istio.
"""

from __future__ import annotations

from collections.abc import Mapping

from gossamer.lab.plan.documents import LabDocuments, Stanza

INJECT = "sidecar.istio.io/inject"
TEMPLATES = "inject.istio.io/templates"
_NO = ("false", "disabled", "n", "no", "off")


def is_injected(
    namespace: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    spec: Stanza,
    documents: LabDocuments,
) -> bool:
    """Whether this pod's traffic goes through a proxy of its own."""
    if spec.truth("hostNetwork"):
        return False
    document = documents.get("Namespace", "", namespace)
    words = document.root.child("metadata").pairs("labels") if document else {}
    values = (labels.get(INJECT, ""), annotations.get(INJECT, ""), words.get("istio-injection", ""))
    return not any(value.lower() in _NO for value in values)


def is_proxy_image(image: str) -> bool:
    """Whether an image stands for the proxy alone, which the lab's Envoy replaces."""
    return image == "auto" or "istio/proxyv2" in image or image.endswith("/envoyproxy/envoy")


def is_gateway(annotations: Mapping[str, str], spec: Stanza) -> bool:
    """Whether the pod is a gateway: its template says so, or it holds nothing but a proxy."""
    if "gateway" in annotations.get(TEMPLATES, "").split(","):
        return True
    images = [container.text("image") for container in spec.children("containers")]
    return bool(images) and all(is_proxy_image(image) for image in images)

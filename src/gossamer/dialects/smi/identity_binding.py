"""IdentityBinding (v1alpha4): one name for workloads of its namespace.

It says nothing of workloads elsewhere; else whoever may write in one namespace could let callers
into another one's workloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted, quoted
from gossamer.model.finding import Finding
from gossamer.model.workload.access import IdentityBinding
from gossamer.model.workload.labels import Labels, labels

_OF_A_NAMESPACE = re.compile(r"[^/]+/ns/([^/]+)/sa/[^/]+")
_PRINCIPAL = re.compile(r"[^/\s*]+(?:/[^/\s*]+)+")


def read_identity_binding(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """Whom the binding means."""
    with Fields(manifest, (), findings) as top:
        schemes = top.child("spec", required=True).child("schemes", required=True)
        account = schemes.string("serviceAccount", "")
        principals = tuple(_principals(schemes, manifest.namespace))
        selectors = tuple(_selectors(schemes))
        schemes.variant("serviceAccount", "podLabelSelectors")
        if refused(schemes, "others than intended could be meant by it"):
            return None
    home = manifest.namespace
    binding = IdentityBinding(manifest.ref, home, manifest.name, account, principals, selectors)
    return ObjectFragments((binding,))


def _principals(schemes: Fields, namespace: str) -> Iterator[str]:
    for at, identity in enumerate(schemes.strings("spiffeIdentities")):
        principal = identity.removeprefix("spiffe://")
        named = _OF_A_NAMESPACE.fullmatch(principal)
        elsewhere = named is not None and named[1] != namespace
        if elsewhere or not _PRINCIPAL.fullmatch(principal):
            why = f"is of another namespace than {namespace}" if elsewhere else "is not an identity"
            schemes.report(
                f"{dotted((*schemes.path, 'spiffeIdentities', at))} is {quoted(identity)}, which "
                f"{why}",
                "the binding is refused",
                f"Write TRUST-DOMAIN/ns/{namespace}/sa/ACCOUNT",
                field=("spiffeIdentities", at),
                code="invalid-reference" if elsewhere else "unknown-value",
            )
        else:
            yield principal


def _selectors(schemes: Fields) -> Iterator[Labels]:
    for item in schemes.each("podLabelSelectors"):
        item.skip("name")
        pairs = labels(item.string_map("matchLabels"))
        if pairs:
            yield pairs
        else:
            item.missing("matchLabels")

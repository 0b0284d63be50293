"""Telemetry: whether access logs are written for a workload's calls. All else in it is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gossamer.dialects.istio.values.selector import read_selector
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest
from gossamer.model.finding import Finding
from gossamer.model.policies import NO_POLICIES, policies
from gossamer.model.policies.workload.access_log import AccessLogging
from gossamer.model.workload.workload_policy import WorkloadPolicy

OWN_PROVIDER = "envoy"
"""Istio's name for lines on the proxy's standard output."""

_CLIENT, _SERVER = ("client",), ("server",)
_MODES = {"CLIENT_AND_SERVER": (*_CLIENT, *_SERVER), "CLIENT": _CLIENT, "SERVER": _SERVER}


def read_telemetry(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """What is said of access logs; later entries of the list decide over earlier ones."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec")
        selector = read_selector(spec.child("selector"))
        spec.unsupported("tracing", effect="no traces are sent")
        spec.unsupported("metrics", effect="the mesh's own metrics stay as they are")
        attached = [name for name in ("targetRef", "targetRefs") if spec.has(name)]
        spec.unsupported(*attached, effect="nothing of this object is used")
        logs: dict[str, bool] = {}
        for entry in spec.each("accessLogging"):
            logs |= _entry(entry)
        if refused(spec, "more or fewer calls would be logged than intended") or attached:
            return None
    policy = WorkloadPolicy(
        object=manifest.ref,
        namespace=manifest.namespace,
        selector=selector,
        policies=policies(AccessLogging(**logs)) if logs else NO_POLICIES,
    )
    return ObjectFragments((policy,))


def _entry(entry: Fields) -> Mapping[str, bool]:
    """By end of an edge, whether lines are written there; nothing where others are to get them."""
    ends = entry.child("match").one_of("mode", _MODES, (*_CLIENT, *_SERVER))
    off = entry.boolean("disabled", False)
    entry.unsupported("filter", effect="a line is written for every call")
    names = list(_providers(entry))
    if names and OWN_PROVIDER not in names:
        return {}
    return dict.fromkeys(ends, not off)


def _providers(entry: Fields) -> Iterator[str]:
    for provider in entry.each("providers"):
        name = provider.string("name", "")
        if name != OWN_PROVIDER:
            provider.unsupported("name", effect=f"it gets no access log: only {OWN_PROVIDER} does")
        yield name

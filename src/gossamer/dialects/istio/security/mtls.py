"""PeerAuthentication: whether workloads accept mutual TLS, plaintext, or both."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.dialects.istio.values.selector import read_selector
from gossamer.dialects.reading import ObjectFragments
from gossamer.dialects.refusal import refused
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, dotted
from gossamer.model.finding import Finding
from gossamer.model.policies import Policies, policies
from gossamer.model.policies.workload.mtls import Mtls, MtlsMode
from gossamer.model.workload.workload_policy import WorkloadPolicy

_MODES = {mode.value: mode for mode in MtlsMode}


def read_peer_authentication(manifest: Manifest, findings: list[Finding]) -> ObjectFragments | None:
    """What the workloads of a namespace, or some of them, accept."""
    with Fields(manifest, (), findings) as top:
        spec = top.child("spec")
        selector = read_selector(spec.child("selector"))
        own = _mode(spec.child("mtls"))
        ports = tuple(_ports(spec))
        if refused(spec, "workloads would accept less or more than intended"):
            return None
        if ports and not selector:
            _tell_no_selector(spec)
    policy = WorkloadPolicy(
        object=manifest.ref,
        namespace=manifest.namespace,
        selector=selector,
        policies=own,
        port_policies=ports if selector else (),
    )
    return ObjectFragments((policy,))


def _mode(stanza: Fields) -> Policies:
    return policies(Mtls(stanza.one_of("mode", _MODES, MtlsMode.UNSET)))


def _ports(spec: Fields) -> Iterator[tuple[int, Policies]]:
    for text, stanza in spec.entries("portLevelMtls"):
        mode = _mode(stanza)
        if text.isdecimal() and 0 < int(text[:9]) <= 65535:
            yield int(text), mode
        else:
            _tell_bad_port(spec, text)


def _tell_bad_port(spec: Fields, text: str) -> None:
    spec.report(
        f"{dotted((*spec.path, 'portLevelMtls', text))} is not a valid port",
        "it is ambiguous which port is meant",
        "Write the number of a port of the workload",
        field=("portLevelMtls", text),
        code="out-of-range",
    )


def _tell_no_selector(spec: Fields) -> None:
    spec.report(
        f"{dotted((*spec.path, 'portLevelMtls'))} is set without a selector",
        "it has no effect; Istio refuses the object",
        "Set spec.selector.matchLabels to the workload whose ports are meant",
        field="portLevelMtls",
        code="ports-without-selector",
    )

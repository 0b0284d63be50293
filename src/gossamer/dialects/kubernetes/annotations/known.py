"""Annotations and labels by which people talk to a mesh, and the objects where each is heard.

Source: Istio's reference of resource annotations and labels (istio.io/api 1.32), with those that
earlier releases knew and those that its control plane writes.
"""

from __future__ import annotations

from enum import StrEnum


class Place(StrEnum):
    """Where an annotation or a label is heard."""

    POD = "a pod, or the template of a workload's pods"
    SERVICE = "a Service"
    NAMESPACE = "a Namespace"
    ANY = "any object"


_POD = """
sidecar.istio.io/inject sidecar.istio.io/agentLogLevel sidecar.istio.io/bootstrapOverride
sidecar.istio.io/componentLogLevel sidecar.istio.io/controlPlaneAuthPolicy
sidecar.istio.io/discoveryAddress sidecar.istio.io/enableCoreDump sidecar.istio.io/extraStatTags
sidecar.istio.io/interceptionMode sidecar.istio.io/logLevel sidecar.istio.io/nativeSidecar
sidecar.istio.io/proxyCPU sidecar.istio.io/proxyCPULimit sidecar.istio.io/proxyImage
sidecar.istio.io/proxyImageType sidecar.istio.io/proxyMemory sidecar.istio.io/proxyMemoryLimit
sidecar.istio.io/rewriteAppHTTPProbers sidecar.istio.io/statsCompression
sidecar.istio.io/statsHistogramBuckets sidecar.istio.io/statsInclusionPrefixes
sidecar.istio.io/statsInclusionRegexps sidecar.istio.io/statsInclusionSuffixes
sidecar.istio.io/statsEvictionInterval sidecar.istio.io/statsFlushInterval
sidecar.istio.io/statsHistogramBins sidecar.istio.io/status sidecar.istio.io/userVolume
sidecar.istio.io/userVolumeMount sidecar.istio.io/proxyEphemeralStorage
readiness.status.sidecar.istio.io/applicationPorts
readiness.status.sidecar.istio.io/failureThreshold
readiness.status.sidecar.istio.io/initialDelaySeconds
readiness.status.sidecar.istio.io/periodSeconds status.sidecar.istio.io/port
traffic.sidecar.istio.io/excludeInboundPorts traffic.sidecar.istio.io/excludeInterfaces
traffic.sidecar.istio.io/excludeOutboundIPRanges traffic.sidecar.istio.io/excludeOutboundPorts
traffic.sidecar.istio.io/includeInboundPorts traffic.sidecar.istio.io/includeOutboundIPRanges
traffic.sidecar.istio.io/includeOutboundPorts traffic.sidecar.istio.io/kubevirtInterfaces
istio.io/reroute-virtual-interfaces inject.istio.io/templates proxy.istio.io/config
proxy.istio.io/overrides prometheus.istio.io/merge-metrics istio.io/dataplane-mode
sidecar.istio.io/proxyUID istio.io/connectedAt istio.io/disconnectedAt
ambient.istio.io/bypass-inbound-capture ambient.istio.io/dns-capture ambient.istio.io/redirection
"""
_SERVICE = """
networking.istio.io/exportTo networking.istio.io/traffic-distribution
networking.istio.io/address-type networking.istio.io/service-type
networking.istio.io/gatewayPort traffic.istio.io/nodeSelector
networking.istio.io/tunnel istio.io/ingress-use-waypoint istio.io/global
"""
_ANYWHERE = """
istio.io/rev istio.io/use-waypoint istio.io/use-waypoint-namespace istio.io/waypoint-for
istio.io/use-waypoint-canary istio.io/use-waypoint-canary-namespace
istio.io/use-waypoint-canary-weight topology.istio.io/locality
istio.io/dry-run internal.istio.io/parents galley.istio.io/analyze-suppress
install.operator.istio.io/chart-owner install.operator.istio.io/owner-generation
install.operator.istio.io/version install.operator.istio.io/owning-resource
install.operator.istio.io/owning-resource-namespace operator.istio.io/managed
operator.istio.io/component operator.istio.io/version gateway.istio.io/managed
gateway.istio.io/controller-version gateway.istio.io/name-override
gateway.istio.io/service-account gateway.istio.io/tls-terminate-mode
topology.istio.io/controlPlaneClusters topology.istio.io/network topology.istio.io/cluster
istio.io/autoRegistrationGroup istio.io/workloadController istio.io/health-checks-enabled
service.istio.io/canonical-name service.istio.io/canonical-revision security.istio.io/tlsMode
service.istio.io/workload-name topology.istio.io/subzone
istio.io/tag istio.io/owned-by istio.io/config istio.io/gateway-name
"""

WORDS: dict[str, Place] = {
    **dict.fromkeys(_POD.split(), Place.POD),
    **dict.fromkeys(_SERVICE.split(), Place.SERVICE),
    **dict.fromkeys(_ANYWHERE.split(), Place.ANY),
    "istio-injection": Place.NAMESPACE,
    "gossamer.dev/workload-api": Place.POD,
}
"""Each word that a mesh reads, and where."""

ELSEWHERE_TOO: dict[str, tuple[Place, ...]] = {
    "istio.io/dataplane-mode": (Place.NAMESPACE,),
    "networking.istio.io/traffic-distribution": (Place.NAMESPACE,),
    "istio.io/ingress-use-waypoint": (Place.NAMESPACE,),
    "istio.io/global": (Place.NAMESPACE,),
    "istio.io/dry-run": (Place.ANY,),
    "networking.istio.io/exportTo": (Place.ANY,),
}
"""Further places of some."""

OURS = ("istio.io", "sidecar.istio.io", "traffic.sidecar.istio.io", "inject.istio.io")
"""Prefixes that nobody but the mesh gives a meaning to."""

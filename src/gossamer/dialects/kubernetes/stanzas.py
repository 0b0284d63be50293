"""The fields of the core kinds that the mesh reads by itself, those included that others act on.

Source: Kubernetes' OpenAPI description, 1.35; what older versions had is kept.
"""

from __future__ import annotations

from gossamer.dialects.schema import Schema, fields

_OBJECT = fields("apiVersion kind name namespace uid resourceVersion fieldPath")
_ADDRESS = fields("ip hostname nodeName", targetRef=_OBJECT)
_PORT = "name port protocol appProtocol"
_SERVICE = fields(
    "type clusterIP clusterIPs externalName publishNotReadyAddresses sessionAffinity "
    "allocateLoadBalancerNodePorts externalIPs externalTrafficPolicy healthCheckNodePort "
    "internalTrafficPolicy ipFamilies ipFamilyPolicy ipFamily loadBalancerClass loadBalancerIP "
    "loadBalancerSourceRanges topologyKeys trafficDistribution selector",
    ports=fields(f"{_PORT} nodePort targetPort"),
    sessionAffinityConfig=fields(clientIP=fields("timeoutSeconds")),
)

KUBERNETES_SCHEMAS: dict[tuple[str, str], Schema] = {
    ("", "Service"): fields(spec=_SERVICE),
    ("", "Endpoints"): fields(
        subsets=fields(addresses=_ADDRESS, notReadyAddresses=_ADDRESS, ports=fields(_PORT))
    ),
    ("discovery.k8s.io", "EndpointSlice"): fields(
        "addressType",
        endpoints=fields(
            "addresses hostname nodeName zone deprecatedTopology topology",
            conditions=fields("ready serving terminating"),
            hints=fields(forZones=fields("name"), forNodes=fields("name")),
            targetRef=_OBJECT,
        ),
        ports=fields(_PORT),
    ),
}

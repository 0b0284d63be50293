"""Which of Gateway API's kinds are read, and by whom."""

from __future__ import annotations

from gossamer.dialects.gatewayapi.gateway import read_gateway, read_gateway_class
from gossamer.dialects.gatewayapi.http_route.http_route import read_http_route
from gossamer.dialects.gatewayapi.reference_grant import read_reference_grant
from gossamer.dialects.reading import KindReader

GROUP = "gateway.networking.k8s.io"

GATEWAY_API_KINDS = {
    (GROUP, "GatewayClass"): KindReader(read_gateway_class),
    (GROUP, "Gateway"): KindReader(
        read_gateway, ("spec.gatewayClassName", "spec.listeners[]", "spec.listeners[].*")
    ),
    (GROUP, "HTTPRoute"): KindReader(
        read_http_route,
        (
            "spec.parentRefs",
            "spec.parentRefs[]",
            "spec.hostnames[]",
            "spec.rules[]",
            "spec.rules[].matches[]",
            "spec.rules[].filters[]",
            "spec.rules[].backendRefs[]",
            "spec.rules[].timeouts",
            "spec.rules[].retry",
        ),
    ),
    (GROUP, "ReferenceGrant"): KindReader(read_reference_grant, ("spec.from[]", "spec.to[]")),
}

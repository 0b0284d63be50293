"""Which of Istio's kinds are read, and by whom."""

from __future__ import annotations

from gossamer.dialects.istio.destination_rule.destination_rule import read_destination_rule
from gossamer.dialects.istio.gateway.gateway import read_gateway
from gossamer.dialects.istio.security.authorization import read_authorization_policy
from gossamer.dialects.istio.security.jwt import read_request_authentication
from gossamer.dialects.istio.security.mtls import read_peer_authentication
from gossamer.dialects.istio.service_entry.service_entry import read_service_entry
from gossamer.dialects.istio.telemetry.access_log import read_telemetry
from gossamer.dialects.istio.virtual_service.virtual_service import read_virtual_service
from gossamer.dialects.reading import KindReader

NETWORKING = "networking.istio.io"
SECURITY = "security.istio.io"
TELEMETRY = "telemetry.istio.io"

ISTIO_KINDS = {
    (NETWORKING, "VirtualService"): KindReader(
        read_virtual_service,
        (
            "spec.exportTo",
            "spec.hosts[]",
            "spec.gateways",
            "spec.gateways[]",
            "spec.http[]",
            "spec.http[].*",
            "spec.http[].match[]",
            "spec.http[].route[]",
            "spec.http[].mirrors[]",
        ),
    ),
    (NETWORKING, "DestinationRule"): KindReader(
        read_destination_rule,
        (
            "spec.exportTo",
            "spec.host",
            "spec.workloadSelector",
            "spec.trafficPolicy",
            "spec.trafficPolicy.*",
            "spec.trafficPolicy.portLevelSettings[]",
            "spec.trafficPolicy.portLevelSettings[].*",
            "spec.subsets[]",
            "spec.subsets[].trafficPolicy",
            "spec.subsets[].trafficPolicy.*",
        ),
    ),
    (NETWORKING, "Gateway"): KindReader(
        read_gateway, ("spec.selector", "spec.servers[]", "spec.servers[].tls")
    ),
    (NETWORKING, "ServiceEntry"): KindReader(
        read_service_entry,
        (
            "spec.exportTo",
            "spec.hosts[]",
            "spec.addresses[]",
            "spec.ports[]",
            "spec.endpoints[]",
            "spec.resolution",
            "spec.workloadSelector",
        ),
    ),
    (SECURITY, "PeerAuthentication"): KindReader(
        read_peer_authentication,
        ("spec.selector", "spec.mtls", "spec.portLevelMtls", "spec.portLevelMtls.*"),
    ),
    (SECURITY, "AuthorizationPolicy"): KindReader(
        read_authorization_policy,
        ("spec.selector", "spec.action", "spec.targetRefs[]", "spec.targetRef", "spec.rules[]"),
    ),
    (SECURITY, "RequestAuthentication"): KindReader(
        read_request_authentication,
        ("spec.selector", "spec.targetRefs[]", "spec.targetRef", "spec.jwtRules[]"),
    ),
    (TELEMETRY, "Telemetry"): KindReader(
        read_telemetry, ("spec.selector", "spec.accessLogging", "spec.accessLogging[]")
    ),
}

"""What the mesh notes on clusters and endpoints; Envoy's logs and our telemetry read it there."""

from __future__ import annotations

OURS = "gossamer"
"""The filter name under which all of it stands."""

HOST, SERVICE, PORT, SUBSET, PROTOCOL = "host", "service", "port", "subset", "protocol"
"""On a cluster, with NAMESPACE: the service that is called."""

WORKLOAD, POD, NAMES = "workload", "pod", "names"
"""On an endpoint, with NAMESPACE: who answers."""

NAMESPACE = "namespace"

TRANSPORT_MATCH = "envoy.transport_socket_match"
TLS_MODE = ("tlsMode", "istio")
"""Under TRANSPORT_MATCH on an endpoint to which mesh TLS is spoken, in Istio's words."""


def of_cluster(key: str) -> str:
    """Envoy's format of what is noted on the cluster that a call went to."""
    return f"%CLUSTER_METADATA({OURS}:{key})%"


def of_endpoint(key: str) -> str:
    """Envoy's format of what is noted on the endpoint that answered."""
    return f"%UPSTREAM_METADATA({OURS}:{key})%"


TOKENS, TOKEN_PAYLOAD = "envoy.filters.http.jwt_authn", "payload"
"""On a request, where tokens were checked: the claims of the valid one, as in Istio."""

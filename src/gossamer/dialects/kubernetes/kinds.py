"""Which core kinds are read, and by whom."""

from __future__ import annotations

from gossamer.dialects.kubernetes.endpoints import read_endpoint_slice, read_endpoints
from gossamer.dialects.kubernetes.namespace import read_namespace
from gossamer.dialects.kubernetes.schema import ROOTS
from gossamer.dialects.kubernetes.secret import read_secret
from gossamer.dialects.kubernetes.service import read_service
from gossamer.dialects.kubernetes.workload.workload import read_workload
from gossamer.dialects.reading import KindReader

KUBERNETES_KINDS = {
    ("", "Service"): KindReader(
        read_service, ("spec.ports[]", "spec.selector", "spec.externalName", "spec.clusterIP")
    ),
    ("", "Endpoints"): KindReader(read_endpoints, ("subsets[]",)),
    ("discovery.k8s.io", "EndpointSlice"): KindReader(
        read_endpoint_slice, ("endpoints[]", "ports[]")
    ),
    ("", "Namespace"): KindReader(read_namespace),
    ("", "Secret"): KindReader(read_secret, ("data", "stringData")),
    **{whose: KindReader(read_workload) for whose in ROOTS},
}

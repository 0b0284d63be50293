"""The tables of the mesh. Declared ones hold fragments; derived ones are kept by `derive`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immutables import Map

from gossamer.model.addressing.address_holder import AddressHolder
from gossamer.model.ids import Table

if TYPE_CHECKING:
    from gossamer.model.settings import Settings
    from gossamer.model.traffic.destination import Destination
    from gossamer.model.traffic.gateway import Gateway, GatewayClass, Grant
    from gossamer.model.traffic.route import RouteSet
    from gossamer.model.traffic.secret import Namespace, Secret
    from gossamer.model.traffic.service import DeclaredEndpoints, Endpoint, Service
    from gossamer.model.workload.access import IdentityBinding, TrafficRoutes, TrafficTarget
    from gossamer.model.workload.banned import Banned
    from gossamer.model.workload.federated_domain import FederatedDomain
    from gossamer.model.workload.labels import Labels
    from gossamer.model.workload.pod import Pod
    from gossamer.model.workload.rego import RegoModules
    from gossamer.model.workload.workload_policy import WorkloadPolicy

# Declared: each fact is a tuple of fragments, the strongest claim first.
DECLARED_SERVICES: Table[tuple[Service, ...]] = Table("declared-service")
DECLARED_ENDPOINTS: Table[tuple[DeclaredEndpoints, ...]] = Table("declared-endpoints")
ROUTES: Table[tuple[RouteSet, ...]] = Table("route")
GATEWAY_ROUTES: Table[tuple[RouteSet, ...]] = Table("gateway-route")
DESTINATIONS: Table[tuple[Destination, ...]] = Table("destination")
GATEWAYS: Table[tuple[Gateway, ...]] = Table("gateway")
GRANTS: Table[tuple[Grant, ...]] = Table("grant")
WORKLOAD_POLICIES: Table[tuple[WorkloadPolicy, ...]] = Table("workload-policy")  # by namespace
RULING_POLICIES: Table[tuple[WorkloadPolicy, ...]] = Table("ruling-policy")  # the narrowest decides
POLICIES_BY_LABEL: Table[tuple[WorkloadPolicy, ...]] = Table("policy-by-label")  # "NS k=v", or NS
TARGETING_POLICIES: Table[tuple[WorkloadPolicy, ...]] = Table("targeting-policy")  # by namespace
REGO: Table[tuple[RegoModules, ...]] = Table("rego")
TRAFFIC_TARGETS: Table[tuple[TrafficTarget, ...]] = Table("traffic-target")
TRAFFIC_ROUTES: Table[tuple[TrafficRoutes, ...]] = Table("traffic-routes")  # KIND NS/NAME
IDENTITY_BINDINGS: Table[tuple[IdentityBinding, ...]] = Table("identity-binding")  # by namespace
SETTINGS: Table[tuple[Settings, ...]] = Table("settings")
SECRETS: Table[tuple[Secret, ...]] = Table("secret")
NAMESPACES: Table[tuple[Namespace, ...]] = Table("namespace")
GATEWAY_CLASSES: Table[tuple[GatewayClass, ...]] = Table("gateway-class")

# Observed.
PODS: Table[Pod] = Table("pod")
ROOTS: Table[bytes] = Table("roots")  # "*" -> the trust bundle, PEM
JWKS: Table[str] = Table("jwks")  # a source of token keys -> the key set, as `key_set` writes it

FEDERATION: Table[tuple[FederatedDomain, ...]] = Table("federation")  # "*" -> foreign domains

BANNED: Table[Banned] = Table("banned")  # "*" -> whom peers refuse, if anybody

# Derived.
SERVICES: Table[tuple[Service, ...]] = Table("service")  # the same, merged where they merge
ENDPOINTS: Table[tuple[Endpoint, ...]] = Table("endpoint")  # by host
ADDRESSES: Table[AddressHolder] = Table("address")  # IP -> the service or pod that has it
HOSTNAMES: Table[str] = Table("hostname")  # POD.SERVICE.NS.svc... -> NS/POD
POD_NAMES: Table[Map[str, None]] = Table("pod-name")  # ALL -> every name in HOSTNAMES
CLAIMS: Table[Map[str, tuple[int, int]]] = Table("address-claim")  # IP -> host -> rank, age
GATEWAY_PODS: Table[Map[str, Labels]] = Table("gateway-pod")  # "*" -> NS/POD that are gateways
VIRTUAL: Table[tuple[str, ...]] = Table("virtual-address")  # host -> addresses given to it
MEMBERS: Table[frozenset[str]] = Table("member")  # host -> NS/POD selected, ready or not
PLACED: Table[frozenset[str]] = Table("placed")  # host -> NS/POD whose address an endpoint is
WRITTEN: Table[Map[str, None]] = Table("written")  # address of a declared endpoint -> hosts
ACCOUNTS: Table[tuple[str, ...]] = Table("account")  # host -> NS/ACCOUNT of who is behind it
UNPROXIED: Table[bool] = Table("unproxied")  # host -> True where some behind it have no sidecar
POD_SERVICES: Table[tuple[str, ...]] = Table("pod-service")  # NS/POD -> hosts it serves
HTTP_PORT_COUNTS: Table[Map[int, int]] = Table("http-port-count")  # scope -> port -> services
HTTP_PORTS: Table[tuple[int, ...]] = Table("http-port")  # scope -> those of them, in order
UNDECLARED_PORT_COUNTS: Table[Map[int, int]] = Table("undeclared-port-count")
UNDECLARED_PORTS: Table[tuple[int, ...]] = Table("undeclared-port")  # as HTTP_PORTS
TCP_HOSTS: Table[Map[str, None]] = Table("tcp-host")  # scope -> hosts with TCP ports
TCP_AT_PORT: Table[Map[str, None]] = Table("tcp-at-port")  # "SCOPE PORT" -> hosts, TCP there
UNDECLARED_AT_PORT: Table[Map[str, None]] = Table("undeclared-at-port")  # the same, undeclared
OUTSIDE_HOSTS: Table[Map[str, None]] = Table("outside-host")  # those with addresses not ours
ROUTED_ALONE: Table[Map[str, None]] = Table("routed-alone")  # "*" -> hosts with routes, no service
HOSTS: Table[Map[str, None]] = Table("host")  # scope -> every host
INHABITED: Table[bool] = Table("inhabited")  # namespace -> whether anything is in it
INHABITANTS: Table[int] = Table("inhabitant")  # namespace -> objects and pods in it
MUTUAL_HOSTS: Table[Map[str, None]] = Table("mutual-host")  # NS, *, WIDE -> hosts called by a mode
SCOPED: Table[int] = Table("scoped")  # namespace -> how many things only its clients see
PODS_BY_LABEL: Table[Map[str, None]] = Table("pod-by-label")  # "NS k=v" -> NS/POD
PODS_BY_ACCOUNT: Table[Map[str, None]] = Table("pod-by-account")  # NS/ACCOUNT -> NS/POD
SERVICES_BY_LABEL: Table[Map[str, None]] = Table("service-by-label")  # "NS k=v" -> hosts
SELECTOR_OF: Table[str] = Table("selector-of")  # host -> its entry in the index above
SOURCE_LABELS: Table[Map[str, int]] = Table("source-label")  # label keys that matches name

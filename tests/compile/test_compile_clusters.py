"""Clusters: what a name stands for, and what a destination makes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from google.protobuf.json_format import MessageToDict

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import EdgeView, ScopeView, inbound_view
from gossamer.contract.cluster_names import ClusterName
from gossamer.model.ids import service_host
from gossamer.model.mesh import Mesh
from gossamer.model.policies import policies
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.connection_pool import ConnectionPool, H2Upgrade
from gossamer.model.policies.load_balancer import Balance, LoadBalancer
from gossamer.model.policies.outlier_detection import OutlierDetection
from gossamer.model.settings import OutboundTraffic
from gossamer.model.traffic.destination import Subset
from gossamer.model.traffic.service import Protocol, Resolution
from tests.compile.reviews_mesh import (
    DB,
    DB_VIP,
    REVIEWS,
    REVIEWS_VIP,
    a_destination,
    a_mesh,
    a_pod,
    a_service,
    an_external,
    bookish,
    built,
    compiled,
    settings,
)

ALL = ScopeView("*")
NAME = f"outbound|9080||{REVIEWS}"


def cluster(mesh: Mesh, name: str = NAME, view: ScopeView | EdgeView = ALL) -> Any:
    return built(mesh, view, ResourceType.CLUSTER, name)


def ruled(*values: Any) -> Any:
    """The cluster of reviews under a destination of these values."""
    return cluster(bookish(a_destination(REVIEWS, *values)), view=ScopeView("default"))


def protocol_of(cluster_proto: Cluster) -> str:
    """Which HTTP it speaks upstream: `http1`, `http2`, `client` or, for bytes, nothing."""
    for packed in cluster_proto.typed_extension_protocol_options.values():
        options = HttpProtocolOptions.FromString(packed.value)
        if options.HasField("use_downstream_protocol_config"):
            return "client"
        explicit = options.explicit_http_config
        return "http2" if explicit.HasField("http2_protocol_options") else "http1"
    return ""


def mesh_tls(cluster_proto: Cluster) -> UpstreamTlsContext:
    (match,) = cluster_proto.transport_socket_matches
    return UpstreamTlsContext.FromString(match.transport_socket.typed_config.value)


def trusted(cluster_proto: Cluster) -> list[str]:
    """The names of which a server of the mesh must have one."""
    combined = mesh_tls(cluster_proto).common_tls_context.combined_validation_context
    assert combined.validation_context_sds_secret_config.name == "inbound-roots"
    names = combined.default_validation_context.match_typed_subject_alt_names
    return [each.matcher.exact for each in names]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "outbound|80||h|x",
        "outbound|80||h|",
        "outbound|x||h",
        "outbound|0||h",
        "outbound|70000||h",
        "outbound|80||",
        "tcp|h",
        "tcp|:",
    ],
)
def test_names_that_say_nothing(name: str) -> None:
    """Callers choose names; what is malformed means nothing and harms nobody."""
    assert cluster(bookish(), name) is None


def test_an_unknown_host_port_or_subset_has_no_cluster() -> None:
    """Nothing is made up for names that mean nothing."""
    mesh = bookish()
    unknown = ("outbound|9080||nowhere.example", f"outbound|1||{REVIEWS}", f"outbound|9080|v9|{DB}")
    assert [cluster(mesh, name) for name in unknown] == [None, None, None]


def test_a_service_is_discovered_and_speaks_mesh_tls_where_it_is_taken() -> None:
    """The default: EDS, least request, mTLS by what each endpoint says of itself."""
    proto = cluster(bookish())
    assert proto.type == Cluster.DiscoveryType.EDS
    assert proto.eds_cluster_config.service_name == NAME
    assert proto.lb_policy == Cluster.LbPolicy.LEAST_REQUEST
    assert not proto.HasField("transport_socket")
    tls = mesh_tls(proto)
    assert list(tls.common_tls_context.alpn_protocols) == ["istio-http/1.1"]
    assert trusted(proto) == ["spiffe://cluster.local/ns/default/sa/reviews"]
    assert MessageToDict(proto.metadata.filter_metadata["gossamer"]) == {
        "host": REVIEWS,
        "service": "reviews",
        "namespace": "default",
        "port": "9080",
        "subset": "",
        "protocol": "http",
    }


def test_a_cluster_names_what_must_come_with_it() -> None:
    """Its endpoints and the roots of those whom it trusts."""
    needs = compiled(bookish(), ALL, ResourceType.CLUSTER, NAME).needs
    assert set(needs) == {(ResourceType.ENDPOINTS, NAME), (ResourceType.SECRET, "inbound-roots")}


def test_a_host_is_trusted_by_its_accounts() -> None:
    """Only the service accounts of its pods may answer for it."""
    other = a_pod("reviews-2", "reviews", "10.244.0.4", service_account="canary")
    assert trusted(cluster(bookish(pods=(other,)))) == [
        "spiffe://cluster.local/ns/default/sa/canary",
        "spiffe://cluster.local/ns/default/sa/reviews",
    ]


def test_readiness_moves_no_cluster() -> None:
    """A pod is trusted before it is ready, so that its first call does not fail."""
    unready = a_pod("reviews-1", "reviews", "10.244.0.2", ready=False)
    protos = [
        compiled(m, ALL, ResourceType.CLUSTER, NAME) for m in (bookish(), bookish(pods=(unready,)))
    ]
    assert protos[0].version == protos[1].version


def test_a_host_of_nobody_trusts_nobody() -> None:
    """Without an identity to expect, no certificate at all is good enough."""
    lonely = a_service("lonely", (9080, Protocol.HTTP))
    proto = cluster(bookish(lonely), f"outbound|9080||{lonely.host}")
    assert trusted(proto) == ["spiffe://nobody"]


def test_a_pod_is_trusted_by_its_own_account() -> None:
    """Called by its address, a pod may be nobody but itself."""
    proto = cluster(bookish(), "outbound|9080||10.244.0.2")
    assert trusted(proto) == ["spiffe://cluster.local/ns/default/sa/reviews"]


@pytest.mark.parametrize(
    ("protocol", "pool", "spoken", "alpn"),
    [
        (Protocol.HTTP, None, "client", "istio-http/1.1"),
        (Protocol.HTTP2, None, "http2", "istio-h2"),
        (Protocol.GRPC, None, "http2", "istio-h2"),
        (Protocol.TCP, None, "", "istio"),
        (Protocol.HTTPS, None, "", "istio"),
        (Protocol.HTTP, ConnectionPool(h2_upgrade=H2Upgrade.UPGRADE), "http2", "istio-h2"),
        (Protocol.TCP, ConnectionPool(h2_upgrade=H2Upgrade.UPGRADE), "", "istio"),
        (Protocol.HTTP, ConnectionPool(use_client_protocol=True), "client", "istio-http/1.1"),
    ],
)
def test_what_is_spoken_upstream(
    protocol: Protocol, pool: ConnectionPool | None, spoken: str, alpn: str
) -> None:
    """The port's protocol decides, or the caller's where HTTP/2 need not be known to both."""
    host = service_host("one", "default")
    rules = (a_destination(host, pool),) if pool else ()
    mesh = bookish(a_service("one", (7000, protocol)), *rules)
    proto = cluster(mesh, f"outbound|7000||{host}", ScopeView("default"))
    assert protocol_of(proto) == spoken
    assert list(mesh_tls(proto).common_tls_context.alpn_protocols) == [alpn]


def test_a_gateway_calls_http_in_http_1() -> None:
    """A browser that negotiated HTTP/2 with the gateway knows nothing of the application."""
    proto = cluster(bookish(), view=EdgeView("default"))
    assert protocol_of(proto) == "http1"


def test_a_subset_adds_its_own_policies() -> None:
    """What a subset says holds, what it leaves out comes from its destination."""
    subset = Subset("v1", (("version", "v1"),), policies(LoadBalancer(Balance.RANDOM)))
    pool = ConnectionPool(connect_timeout=timedelta(seconds=3))
    mesh = bookish(a_destination(REVIEWS, pool, subsets=(subset,)))
    proto = cluster(mesh, f"outbound|9080|v1|{REVIEWS}", ScopeView("default"))
    assert proto.lb_policy == Cluster.LbPolicy.RANDOM
    assert proto.connect_timeout.seconds == 3


def test_nothing_bounds_a_cluster_unless_somebody_says_so() -> None:
    """Envoy's own limit of 1024 requests would surprise; ours is out of reach."""
    (limits,) = cluster(bookish()).circuit_breakers.thresholds
    assert limits.max_requests.value == limits.max_connections.value == 2**32 - 1
    (context,) = ruled(ConnectionPool(max_connections=7)).circuit_breakers.thresholds
    assert (context.max_connections.value, context.max_requests.value) == (7, 2**32 - 1)


def test_outlier_counts_are_enforced_where_given() -> None:
    """A count is enforced, 0 switches it off, an unsaid one is Envoy's business."""
    outlier = ruled(OutlierDetection(consecutive_5xx=0, consecutive_gateway=3)).outlier_detection
    assert outlier.enforcing_consecutive_5xx.value == 0
    assert outlier.consecutive_gateway_failure.value == 3
    assert outlier.enforcing_consecutive_gateway_failure.value == 100
    assert not cluster(bookish()).HasField("outlier_detection")


def test_modes_of_client_tls() -> None:
    """DISABLE leaves plaintext, ISTIO_MUTUAL is mesh TLS whatever endpoints say."""
    plain = ruled(ClientTls(ClientTlsMode.DISABLE))
    assert not plain.HasField("transport_socket")
    assert not plain.transport_socket_matches
    assert ruled(ClientTls(ClientTlsMode.ISTIO_MUTUAL)).HasField("transport_socket")


def test_without_auto_mtls_nothing_is_upgraded() -> None:
    """The mesh-wide switch is honoured."""
    mesh = bookish(settings(OutboundTraffic.ALLOW_ANY, auto_mtls=False))
    assert not cluster(mesh).transport_socket_matches


def test_tls_to_the_outside_checks_the_name() -> None:
    """SIMPLE sends the host as server name and demands it of the certificate."""
    external = an_external("api.example.com", 443, Protocol.HTTP, Resolution.DNS)
    mesh = bookish(external, a_destination(external.host, ClientTls(ClientTlsMode.SIMPLE)))
    proto = cluster(mesh, "outbound|443||api.example.com", ScopeView("default"))
    tls = UpstreamTlsContext.FromString(proto.transport_socket.typed_config.value)
    assert tls.sni == "api.example.com"
    checks = tls.common_tls_context.combined_validation_context
    assert checks.validation_context_sds_secret_config.name == "system-roots"
    (name,) = checks.default_validation_context.match_typed_subject_alt_names
    assert name.matcher.exact == "api.example.com"


@pytest.mark.parametrize(
    ("host", "resolution", "addresses", "kind"),
    [
        ("api.example.com", Resolution.DNS, (), Cluster.DiscoveryType.STRICT_DNS),
        ("api.example.com", Resolution.ENDPOINTS, (), Cluster.DiscoveryType.EDS),
        ("api.example.com", Resolution.PASSTHROUGH, (), Cluster.DiscoveryType.STRICT_DNS),
        ("api.example.com", Resolution.PASSTHROUGH, ("192.0.2.1",), "ORIGINAL_DST"),
        ("*.example.com", Resolution.PASSTHROUGH, (), "ORIGINAL_DST"),
        ("*.example.com", Resolution.DNS, (), "ORIGINAL_DST"),
    ],
)
def test_where_outside_hosts_are_found(
    host: str, resolution: Resolution, addresses: tuple[str, ...], kind: Any
) -> None:
    """A host that got a virtual address is resolved: nobody is at the address itself."""
    external = replace(an_external(host, 80, Protocol.HTTP, resolution), addresses=addresses)
    proto = cluster(bookish(external), f"outbound|80||{host}")
    wanted = Cluster.DiscoveryType.Value(kind) if isinstance(kind, str) else kind
    assert proto.type == wanted


def test_an_alias_inside_the_mesh_calls_its_target() -> None:
    """An ExternalName of a mesh service trusts that service's identities."""
    alias = a_service("nick", selector=None, alias=REVIEWS)
    proto = cluster(bookish(alias), f"outbound|9080||{alias.host}")
    assert proto.type == Cluster.DiscoveryType.EDS
    assert trusted(proto) == ["spiffe://cluster.local/ns/default/sa/reviews"]


def test_an_alias_of_the_outside_is_resolved() -> None:
    """An ExternalName of a name outside goes where DNS says."""
    alias = a_service("nick", (80, Protocol.HTTP), selector=None, alias="db.example.com")
    proto = cluster(bookish(alias), f"outbound|80||{alias.host}")
    (group,) = proto.load_assignment.endpoints
    (endpoint,) = group.lb_endpoints
    assert endpoint.endpoint.address.socket_address.address == "db.example.com"


def test_aliases_in_a_circle_end() -> None:
    """Two names that stand for each other call nobody, and compiling ends."""
    one = a_service("one", (80, Protocol.HTTP), selector=None, alias=service_host("two", "default"))
    two = a_service("two", (80, Protocol.HTTP), selector=None, alias=one.host)
    proto = cluster(bookish(one, two), f"outbound|80||{one.host}")
    assert proto.eds_cluster_config.service_name == f"outbound|80||{one.host}"


def test_one_pod_may_be_called() -> None:
    """By its address or by its name below a headless service."""
    headless = a_service("db", (3306, Protocol.TCP), headless=True)
    pod = a_pod("db-0", "db", "10.244.0.8", hostname="db-0", subdomain="db")
    mesh = a_mesh(headless, pods=(pod,))
    by_name = cluster(mesh, f"outbound|3306||db-0.{headless.host}")
    by_address = cluster(mesh, "outbound|3306||10.244.0.8")
    for proto in (by_name, by_address):
        assert proto.type == Cluster.DiscoveryType.EDS
        assert list(mesh_tls(proto).common_tls_context.alpn_protocols) == ["istio"]


def test_a_headless_service_is_called_at_one_address() -> None:
    """The pod's that was dialled, ready or not, as its destination says and with its own account;
    an endpoint's that somebody wrote, and any other as it is."""
    headless = a_service("db", (80, Protocol.HTTP), headless=True)
    pods = tuple(
        a_pod(f"db-{at}", "db", f"10.244.0.{at}", ready=at != 9, service_account=f"db-{at}")
        for at in (8, 9)
    )
    pool = ConnectionPool(max_connections=3)
    mesh = a_mesh(headless, a_destination(headless.host, pool), pods=pods)
    for at in (8, 9):
        name = f"outbound|80||{headless.host}|10.244.0.{at}"
        proto = cluster(mesh, name)
        assert trusted(proto) == [f"spiffe://cluster.local/ns/default/sa/db-{at}"]
        assert proto.alt_stat_name == f"outbound|80||{headless.host}"
        assert proto.circuit_breakers.thresholds[0].max_connections.value == 3
        assert _addresses(mesh, name) == [f"10.244.0.{at}"]
    assert _addresses(mesh, f"outbound|80||{headless.host}|192.0.2.1") == ["192.0.2.1"]
    assert cluster(mesh, f"outbound|81||{headless.host}|10.244.0.8") is None


def _addresses(mesh: Mesh, name: str) -> list[str]:
    proto = built(mesh, ALL, ResourceType.ENDPOINTS, name)
    each = (endpoint for group in proto.endpoints for endpoint in group.lb_endpoints)
    return [endpoint.endpoint.address.socket_address.address for endpoint in each]


def test_what_was_dialled_shares_the_services_counters() -> None:
    """Bytes to a service's address count as that service's, under endpoints of their own.

    Envoy does not ask twice for endpoints of one name, so no two clusters may share them.
    """
    name = f"tcp|{DB_VIP}:3306"
    proto = cluster(bookish(), name)
    assert proto.name == proto.eds_cluster_config.service_name == name
    assert proto.alt_stat_name == f"outbound|3306||{DB}"
    assert list(mesh_tls(proto).common_tls_context.alpn_protocols) == ["istio"]


def test_unknown_addresses_in_the_mesh() -> None:
    """They pass through, unless only what is registered may be called."""
    assert cluster(bookish(), "tcp|10.244.9.9:80").type == Cluster.DiscoveryType.ORIGINAL_DST
    strict = bookish(settings(OutboundTraffic.REGISTRY_ONLY))
    assert cluster(strict, "tcp|10.244.9.9:80") is None
    assert cluster(bookish(), "tcp|192.0.2.1:80") is None
    asked = "outbound|80||10.244.9.9"
    assert cluster(bookish(), asked).type == Cluster.DiscoveryType.ORIGINAL_DST
    assert cluster(strict, asked) is None


def test_a_scope_sees_what_is_exported_to_it() -> None:
    """A service that is not exported has no cluster for others."""
    mesh = bookish(a_service("own", (80, Protocol.HTTP), export_to=("default",)))
    name = str(ClusterName(80, service_host("own", "default")))
    assert cluster(mesh, name, ScopeView("default")) is not None
    assert cluster(mesh, name) is None


def test_the_workloads_own_ports() -> None:
    """An inbound cluster goes where the caller was going, marked so that capture lets it by."""
    mesh, pod = bookish(), a_pod("reviews-1", "reviews", "10.244.0.2")
    view = inbound_view(mesh, pod)
    proto = built(mesh, view, ResourceType.CLUSTER, "inbound|9080||")
    (mark,) = proto.upstream_bind_config.socket_options
    assert (proto.type, mark.int_value) == (Cluster.DiscoveryType.ORIGINAL_DST, 1338)
    assert protocol_of(proto) == "client"
    assert built(mesh, view, ResourceType.CLUSTER, "inbound|9999||") is None


def test_an_upgrade_between_proxies_ends_before_the_application() -> None:
    """Whoever asks for it, and for whichever subset: the application may know HTTP/1.1 alone."""
    upgraded = policies(ConnectionPool(h2_upgrade=H2Upgrade.UPGRADE))
    subset = Subset("v1", (("version", "v1"),), upgraded)
    mesh = bookish(a_destination(REVIEWS, subsets=(subset,)))
    view = inbound_view(mesh, a_pod("reviews-1", "reviews", "10.244.0.2"))
    assert protocol_of(built(mesh, view, ResourceType.CLUSTER, "inbound|9080||")) == "http1"


def test_endpoints_do_not_touch_their_cluster() -> None:
    """A pod that comes, goes or gets ready rebuilds no cluster; neither does another service."""
    reads = compiled(bookish(), ALL, ResourceType.CLUSTER, NAME).reads
    tables = {key.table for key in reads}
    assert not tables & {"pod", "endpoint", "member"}
    assert not [key for key in reads if key.name in (DB, REVIEWS_VIP)]

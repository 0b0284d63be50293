"""The transport of a cluster: mesh TLS where the endpoint takes it, or what a destination says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, tls_pb2

from gossamer.compile.clusters.policies.connection_pool import speaks_http2
from gossamer.compile.clusters.upstream import Upstream
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.lookup.identities import identities_behind
from gossamer.compile.tls.transport import (
    add_names,
    as_socket,
    fill_sds,
    limit,
    offered_alpn,
    to_mesh,
)
from gossamer.contract.envoy_metadata import TLS_MODE
from gossamer.contract.secret_names import MESH_ROOTS, SYSTEM_ROOTS, SecretKind, SecretName
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.connection_pool import ConnectionPool


def apply_client_tls(read: TrackedLookup, cluster: Cluster, upstream: Upstream, scope: str) -> None:
    """Set the transport: what the destination says, else mesh TLS wherever it is taken.

    Endpoints say whether they take it, so only discovered ones can.
    """
    tls = upstream.policies.get(ClientTls)
    if tls is not None:
        _SAID[tls.mode](read, cluster, upstream, tls, scope)
    elif settings_of(read).auto_mtls and cluster.type == Cluster.DiscoveryType.EDS:
        matching = cluster.transport_socket_matches.add(name="mesh")
        matching.match[TLS_MODE[0]] = TLS_MODE[1]
        matching.transport_socket.CopyFrom(_mesh(read, upstream, ()))


def _mesh(read: TrackedLookup, upstream: Upstream, names: tuple[str, ...]) -> TransportSocket:
    http2 = speaks_http2(upstream.protocol, upstream.policies.get(ConnectionPool))
    alpn = offered_alpn(upstream.protocol, http2)
    read.need(ResourceType.SECRET, MESH_ROOTS)
    wanted = names or identities_behind(read, upstream)
    return to_mesh(settings_of(read).mesh_tls, wanted, alpn, upstream.name.sni)


def _plaintext(*_: object) -> None:
    """DISABLE: no transport socket is plaintext."""


def _mesh_always(
    read: TrackedLookup, cluster: Cluster, upstream: Upstream, tls: ClientTls, _: str
) -> None:
    cluster.transport_socket.CopyFrom(_mesh(read, upstream, tls.subject_alt_names))


def _one_sided(
    read: TrackedLookup, cluster: Cluster, upstream: Upstream, tls: ClientTls, scope: str
) -> None:
    cluster.transport_socket.CopyFrom(as_socket(_to_outside(read, upstream, tls, scope)))


def _both_sided(
    read: TrackedLookup, cluster: Cluster, upstream: Upstream, tls: ClientTls, scope: str
) -> None:
    tls_context = _to_outside(read, upstream, tls, scope)
    context = tls_context.common_tls_context
    usable = tls.credential and _may_use(upstream, scope)
    if usable and _is_there(read, f"{scope}/{tls.credential}"):
        name = str(SecretName(SecretKind.CLIENT, str(upstream.name)))
        read.need(ResourceType.SECRET, name)
        fill_sds(context.tls_certificate_sds_secret_configs.add(), name)
    cluster.transport_socket.CopyFrom(as_socket(tls_context))


def _is_there(read: TrackedLookup, secret: str) -> bool:
    """Whether there is a certificate to show. Envoy would hold all clusters up to wait for one."""
    secrets = read.lookup(tables.SECRETS, secret)
    return bool(secrets and secrets[0].chain and secrets[0].key)


def _may_use(upstream: Upstream, scope: str) -> bool:
    """A credential belongs to the namespace that names it; its other followers go without."""
    return upstream.destination is not None and upstream.destination.namespace == scope


def _to_outside(
    read: TrackedLookup, upstream: Upstream, tls: ClientTls, scope: str
) -> tls_pb2.UpstreamTlsContext:
    name = tls.sni or _server_name(upstream)
    proto = tls_pb2.UpstreamTlsContext(sni=name)
    context = proto.common_tls_context
    limit(context, settings_of(read).other_tls)
    pool = upstream.policies.get(ConnectionPool)
    http2 = speaks_http2(upstream.protocol, pool)
    carried = pool is not None and pool.use_client_protocol  # Envoy offers what it then speaks
    if upstream.protocol.may_be_http and not carried:
        context.alpn_protocols.append("h2" if http2 else "http/1.1")
    if tls.insecure and not tls.of_files:
        return proto
    own = tls.of_files or (tls.credential and _may_use(upstream, scope))
    roots = str(SecretName(SecretKind.ROOTS, str(upstream.name))) if own else SYSTEM_ROOTS
    validation = _validation_by(read, context, roots)
    add_names(validation, tls.subject_alt_names or ((name,) if name else ()))
    return proto


def _validation_by(
    read: TrackedLookup, context: tls_pb2.CommonTlsContext, roots: str
) -> common_pb2.CertificateValidationContext:
    """Trust the roots of that secret; the rest of the validation is said beside it."""
    combined = context.combined_validation_context
    fill_sds(combined.validation_context_sds_secret_config, roots)
    read.need(ResourceType.SECRET, roots)
    return combined.default_validation_context


def _server_name(upstream: Upstream) -> str:
    """The host as a TLS server name; wildcards and addresses have none."""
    host = upstream.outside or upstream.name.host
    return "" if "*" in host or ":" in host or host.replace(".", "").isdigit() else host


_SAID: Mapping[
    ClientTlsMode, Callable[[TrackedLookup, Cluster, Upstream, ClientTls, str], None]
] = {
    ClientTlsMode.DISABLE: _plaintext,
    ClientTlsMode.ISTIO_MUTUAL: _mesh_always,
    ClientTlsMode.SIMPLE: _one_sided,
    ClientTlsMode.MUTUAL: _both_sided,
}

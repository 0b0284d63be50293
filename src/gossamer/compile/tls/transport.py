"""TLS contexts between proxies: the workload's own certificate and the roots come by SDS."""

from __future__ import annotations

from envoy.config.core.v3.base_pb2 import TransportSocket
from envoy.extensions.transport_sockets.tls.v3 import common_pb2, tls_pb2
from envoy.extensions.transport_sockets.tls.v3.common_pb2 import CertificateValidationContext
from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import SdsSecretConfig
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import CommonTlsContext

from gossamer.compile.lookup.peer_identity import workloads_of
from gossamer.compile.protos import ads, packed
from gossamer.contract.secret_names import MESH_ROOTS, OWN_CERTIFICATE
from gossamer.model.tls_parameters import TlsParameters, TlsVersion
from gossamer.model.traffic.service import Protocol

MESH_HTTP_ALPN = ("istio-http/1.0", "istio-http/1.1", "istio-h2")
MESH_TCP_ALPN = ("istio",)
"""What mesh clients offer and servers match on. Servers never negotiate one: HTTP's own
detection goes by the first bytes, and a negotiated name it doesn't know would mean HTTP/1."""

_PARAMETERS = common_pb2.TlsParameters
_MATCHER = common_pb2.SubjectAltNameMatcher


def offered_alpn(protocol: Protocol, http2: bool) -> str:
    """The one name that a mesh client offers for a port of this protocol."""
    if not protocol.may_be_http:
        return MESH_TCP_ALPN[0]
    return MESH_HTTP_ALPN[2] if http2 else MESH_HTTP_ALPN[1]


def to_mesh(
    parameters: TlsParameters, names: tuple[str, ...], alpn: str, sni: str
) -> TransportSocket:
    """Mutual TLS to a workload of the mesh that has one of these names."""
    tls = tls_pb2.UpstreamTlsContext(sni=sni)
    context = tls.common_tls_context
    limit(context, parameters)
    fill_sds(context.tls_certificate_sds_secret_configs.add(), OWN_CERTIFICATE)
    combined = context.combined_validation_context
    add_names(combined.default_validation_context, names)
    fill_sds(combined.validation_context_sds_secret_config, MESH_ROOTS)
    context.alpn_protocols.append(alpn)
    return as_socket(tls)


def from_mesh(parameters: TlsParameters, trust_domains: tuple[str, ...]) -> TransportSocket:
    """Mutual TLS from the workloads that the mesh's roots signed, at the receiving workload."""
    tls = tls_pb2.DownstreamTlsContext()
    tls.require_client_certificate.value = True
    context = tls.common_tls_context
    limit(context, parameters)
    fill_sds(context.tls_certificate_sds_secret_configs.add(), OWN_CERTIFICATE)
    combined = context.combined_validation_context
    matcher = combined.default_validation_context.match_typed_subject_alt_names.add()
    matcher.san_type = _MATCHER.SanType.URI
    matcher.matcher.safe_regex.regex = workloads_of(trust_domains)
    fill_sds(combined.validation_context_sds_secret_config, MESH_ROOTS)
    return as_socket(tls)


def from_outside(parameters: TlsParameters, certificates: tuple[str, ...]) -> TransportSocket:
    """TLS that a gateway terminates, with the certificates of these SDS names."""
    tls = tls_pb2.DownstreamTlsContext()
    tls.require_client_certificate.value = False
    context = tls.common_tls_context
    limit(context, parameters)
    for name in certificates:
        fill_sds(context.tls_certificate_sds_secret_configs.add(), name)
    context.alpn_protocols.extend(("h2", "http/1.1"))
    return as_socket(tls)


def fill_sds(config: SdsSecretConfig, name: str) -> None:
    """A secret of that name, by the one stream."""
    config.name = name
    config.sds_config.CopyFrom(ads())


def add_names(validation: CertificateValidationContext, names: tuple[str, ...]) -> None:
    """Demand that the peer's certificate holds one of these names: URI, address or DNS."""
    for name in sorted(set(names)):
        matcher = validation.match_typed_subject_alt_names.add()
        matcher.san_type = _kind_of(name)
        matcher.matcher.exact = name


def _kind_of(name: str) -> _MATCHER.SanType.ValueType:
    if "://" in name:
        return _MATCHER.SanType.URI
    if ":" in name or name.replace(".", "").isdigit():
        return _MATCHER.SanType.IP_ADDRESS
    return _MATCHER.SanType.DNS


def as_socket(tls: tls_pb2.UpstreamTlsContext | tls_pb2.DownstreamTlsContext) -> TransportSocket:
    """A TLS context as the transport socket that carries it."""
    return TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(tls))


_OLDEST = {TlsVersion.TLS_1_2: _PARAMETERS.TLSv1_2, TlsVersion.TLS_1_3: _PARAMETERS.TLSv1_3}


def limit(context: CommonTlsContext, parameters: TlsParameters) -> None:
    """Agree on nothing else in a handshake."""
    limits = context.tls_params
    limits.tls_minimum_protocol_version = _OLDEST[parameters.minimum]
    limits.tls_maximum_protocol_version = _PARAMETERS.TLSv1_3
    limits.cipher_suites.extend(parameters.cipher_suites)
    limits.ecdh_curves.extend(parameters.curves)

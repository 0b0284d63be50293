"""Secrets that the plane answers: roots, and certificates of gateways and of clients.

The workload's own certificate (`default`) is never among them: its key stays at its host.
"""

from __future__ import annotations

from envoy.extensions.transport_sockets.tls.v3 import secret_pb2

from gossamer.compile.clusters.upstream import find_upstream
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import GatewayView, ScopeView
from gossamer.compile.lookup.federation import federated_domains
from gossamer.compile.lookup.identities import NOBODY
from gossamer.compile.tls.server_tls import usable_secrets
from gossamer.compile.tls.spiffe_validator import prove_by_domain
from gossamer.compile.tls.transport import add_names
from gossamer.contract.cluster_names import ClusterName, parse_outbound
from gossamer.contract.secret_names import (
    MESH_ROOTS,
    SYSTEM_ROOTS,
    SecretKind,
    SecretName,
    parse_secret,
)
from gossamer.model import tables
from gossamer.model.assembly.visible import settings_of
from gossamer.model.ids import EVERYWHERE, SYSTEM
from gossamer.model.policies.client_tls import ClientTls
from gossamer.model.traffic.secret import Secret
from gossamer.model.workload.federated_domain import FederatedDomain

_BUNDLES = {MESH_ROOTS: EVERYWHERE, SYSTEM_ROOTS: SYSTEM}
"""Secrets that are a trust bundle alone, and where the mesh keeps it."""


def build_secret(
    read: TrackedLookup, view: ScopeView | GatewayView, name: str
) -> secret_pb2.Secret | None:
    """`inbound-roots`, `system-roots`, `gateway|NS/SECRET`, or a client's own.

    System roots are what the public web trusts. A client's own are `client|CLUSTER` (chain and
    key) and `roots|CLUSTER`, given to clients of the namespace whose destination names the
    credential, and to nobody else.
    """
    if name in _BUNDLES:
        return _validation(read, name, _BUNDLES[name], ()) or _nobody(read, name)
    asked = parse_secret(name)
    if asked is None:
        return None
    if asked.kind is not SecretKind.GATEWAY:
        return _of_client(read, view, asked)
    return _gateway(read, view, name, asked.of) if isinstance(view, GatewayView) else None


def _validation(
    read: TrackedLookup, name: str, bundle: str, names: tuple[str, ...]
) -> secret_pb2.Secret | None:
    roots = read.lookup(tables.ROOTS, bundle)
    if roots is None:
        # A secret that never comes would hold its clusters up; one that believes nobody fails
        # each call at once.
        roots, names = read.lookup(tables.ROOTS, EVERYWHERE), (NOBODY,)
    if roots is None:
        return None
    secret = secret_pb2.Secret(name=name)
    secret.validation_context.trusted_ca.inline_bytes = roots
    add_names(secret.validation_context, names)
    if name == MESH_ROOTS:
        _federate(read, secret, roots)
    return secret


def _federate(read: TrackedLookup, secret: secret_pb2.Secret, roots: bytes) -> None:
    """Let other trust domains in, each by its own roots. Envoy's validator of these knows no
    revocation lists, so callers refuse the banned by name alone then."""
    others = federated_domains(read)
    if others:
        own = (FederatedDomain(each, roots) for each in settings_of(read).trust_domains)
        prove_by_domain(secret.validation_context, (*own, *others))
    else:
        _revoke(read, secret)


def _revoke(read: TrackedLookup, secret: secret_pb2.Secret) -> None:
    """Refuse the certificates of the banned. Of those in between, whose issuer may be offline, no
    list is to be had: only who stands at the end of a chain is looked up."""
    banned = read.lookup(tables.BANNED, EVERYWHERE)
    if banned is not None and banned.revoked:
        secret.validation_context.crl.inline_bytes = banned.revoked
        secret.validation_context.only_verify_leaf_cert_crl = True


def _gateway(
    read: TrackedLookup, view: GatewayView, name: str, stored: str
) -> secret_pb2.Secret | None:
    """A certificate, to a proxy that serves a listener which may use it."""
    secrets = read.lookup(tables.SECRETS, stored)
    if not secrets or stored not in usable_secrets(read, view):
        return None
    return _certificate(name, secrets[0])


def _certificate(name: str, stored: Secret) -> secret_pb2.Secret:
    secret = secret_pb2.Secret(name=name)
    secret.tls_certificate.certificate_chain.inline_bytes = stored.chain
    secret.tls_certificate.private_key.inline_bytes = stored.key
    return secret


def _of_client(
    read: TrackedLookup, view: ScopeView | GatewayView, asked: SecretName
) -> secret_pb2.Secret | None:
    name, parsed = str(asked), parse_outbound(asked.of)
    stored = _credential(read, view.scope, parsed) if parsed else None
    if asked.kind is SecretKind.CLIENT:
        return _certificate(name, stored) if stored and stored.chain and stored.key else None
    roots = (stored.roots or stored.chain) if stored else b""
    if not roots:
        return _nobody(read, name)
    secret = secret_pb2.Secret(name=name)
    secret.validation_context.trusted_ca.inline_bytes = roots
    return secret


def _nobody(read: TrackedLookup, name: str) -> secret_pb2.Secret | None:
    """Roots that are not there: no server is trusted. Unanswered, all clusters would wait."""
    return _validation(read, name, EVERYWHERE, (NOBODY,))


def _credential(read: TrackedLookup, scope: str, name: ClusterName) -> Secret | None:
    upstream = find_upstream(read, name, scope)
    tls = upstream.policies.get(ClientTls) if upstream else None
    if upstream is None or upstream.destination is None or tls is None or not tls.credential:
        return None
    if upstream.destination.namespace != scope:
        return None
    secrets = read.lookup(tables.SECRETS, f"{scope}/{tls.credential}")
    return secrets[0] if secrets else None

"""Secrets: whom a client trusts, and who gets to see a key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import ScopeView
from gossamer.model.ids import Dialect
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from gossamer.model.policies import policies
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.server_tls import ServerTls, ServerTlsMode
from gossamer.model.traffic.gateway import Gateway, GatewayListener, Grant
from gossamer.model.traffic.secret import Secret
from gossamer.model.traffic.service import Protocol
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import ProxyRole
from tests.compile.reviews_mesh import (
    REVIEWS,
    a_destination,
    a_pod,
    bookish,
    built,
    built_for,
    compiled,
)

FRONT = labels({"gw": "front"})
GATEWAY_API = "gateway.networking.k8s.io"


def stored(name: str, namespace: str = "default") -> Secret:
    ref = ObjectRef("Secret", namespace, name)
    return Secret(ref, namespace, name, b"CHAIN", b"KEY", b"CA")


def a_front(secret: str, dialect: Dialect = Dialect.ISTIO, refused: str = "") -> Gateway:
    """A gateway of `default` that serves one TLS host with this secret."""
    tls = ServerTls(ServerTlsMode.SIMPLE, (secret,), refused)
    one = GatewayListener("web", 443, Protocol.HTTPS, (("*", "*"),), policies(tls))
    group = GATEWAY_API if dialect is Dialect.GATEWAY_API else "networking.istio.io"
    ref = ObjectRef("Gateway", "default", "front", group)
    return Gateway(ref, dialect, "default", "front", FRONT, (one,))


front_pod = replace(a_pod("front-1", "front", "10.244.0.50"), labels=FRONT, role=ProxyRole.GATEWAY)


def given(mesh: Mesh, name: str, pod: Any = front_pod) -> Any:
    return built_for(mesh, pod, ResourceType.SECRET, f"gateway|{name}")


def test_roots_alone_for_arrivals() -> None:
    """Whoever the mesh's roots signed may call; who may do what is for policies."""
    proto = built(bookish(), ScopeView("*"), ResourceType.SECRET, "inbound-roots")
    assert proto.validation_context.trusted_ca.inline_bytes == b"ROOTS"
    assert not proto.validation_context.match_typed_subject_alt_names


def test_a_host_without_public_roots_believes_nobody() -> None:
    """A secret that never came would hold its cluster up; instead each handshake fails at once."""
    proto = built(bookish(), ScopeView("*"), ResourceType.SECRET, "system-roots")
    (name,) = proto.validation_context.match_typed_subject_alt_names
    assert name.matcher.exact == "spiffe://nobody"


def test_a_workloads_own_key_is_not_here() -> None:
    """Keys never leave their host: the plane has nothing behind that name."""
    assert built(bookish(), ScopeView("*"), ResourceType.SECRET, "default") is None


def test_a_gateway_gets_the_key_that_it_serves_with() -> None:
    """And no other gateway, and no sidecar, however they ask."""
    mesh = bookish(a_front("default/web"), stored("web"), stored("other"), pods=(front_pod,))
    stranger = replace(front_pod, name="stranger", labels=labels({"gw": "other"}))
    sidecar = replace(front_pod, name="sidecar", role=ProxyRole.SIDECAR)
    assert given(mesh, "default/web").tls_certificate.private_key.inline_bytes == b"KEY"
    assert given(mesh, "default/other") is None
    assert given(mesh, "default/web", stranger) is None
    assert given(mesh, "default/web", sidecar) is None


@pytest.mark.parametrize("targets", [(("", "Secret", "web"),), (("", "Secret", ""),)])
def test_a_grant_opens_another_namespaces_secret(targets: Any) -> None:
    """In Gateway API nobody takes a secret of others without their ReferenceGrant."""
    gateway = a_front("vault/web", Dialect.GATEWAY_API)
    ref = ObjectRef("ReferenceGrant", "vault", "one", GATEWAY_API)
    grant = Grant(ref, "vault", ((GATEWAY_API, "Gateway", "default"),), targets)
    assert given(bookish(gateway, stored("web", "vault")), "vault/web") is None
    granted = bookish(gateway, stored("web", "vault"), grant)
    assert given(granted, "vault/web") is not None
    listener = built_for(granted, front_pod, ResourceType.LISTENER, "gateway|443")
    assert len(listener.filter_chains) == 1


def test_a_listener_is_not_opened_without_its_secret() -> None:
    """Missing or refused, the port stays shut instead of serving something else."""
    for mesh in (
        bookish(a_front("default/web")),
        bookish(a_front("default/web", refused="no grant"), stored("web")),
    ):
        assert built_for(mesh, front_pod, ResourceType.LISTENER, "gateway|443") is None


def test_a_clients_credential_stays_in_its_namespace() -> None:
    """Others that follow the same destination call without it."""
    tls = ClientTls(ClientTlsMode.MUTUAL, credential="both")
    mesh = bookish(a_destination(REVIEWS, tls), stored("both"))
    name = f"client|outbound|9080||{REVIEWS}"
    own = built(mesh, ScopeView("default"), ResourceType.SECRET, name)
    assert own.tls_certificate.private_key.inline_bytes == b"KEY"
    assert built(mesh, ScopeView("elsewhere"), ResourceType.SECRET, name) is None
    assert (
        built(mesh, ScopeView("default"), ResourceType.SECRET, "client|outbound|3306||db") is None
    )


@pytest.mark.parametrize("mode", [ClientTlsMode.MUTUAL, ClientTlsMode.SIMPLE])
def test_a_missing_credential_lets_no_cluster_wait_and_no_server_in(mode: ClientTlsMode) -> None:
    """No certificate that never comes is asked for, and whoever answers is not believed."""
    tls = ClientTls(mode, credential="nobody-made-it")
    mesh = bookish(a_destination(REVIEWS, tls))
    cluster = f"outbound|9080||{REVIEWS}"
    proto = compiled(mesh, ScopeView("default"), ResourceType.CLUSTER, cluster)
    wanted = {name for kind, name in proto.needs if kind is ResourceType.SECRET}
    assert wanted == {f"roots|{cluster}"}
    assert pinned_in(mesh, ScopeView("default"), f"roots|{cluster}") == ["spiffe://nobody"]


def pinned_in(mesh: Mesh, view: ScopeView, name: str) -> list[str]:
    secret = built(mesh, view, ResourceType.SECRET, name)
    return [m.matcher.exact for m in secret.validation_context.match_typed_subject_alt_names]

"""Which stored certificates a gateway's listeners may serve with.

Istio looks a bare name up in the namespace of the gateway's workload, whoever wrote the Gateway:
so whoever runs the gateway decides whose keys it holds. A lab's stand-in takes the place of both
layouts that people use, and looks beside the Gateway as well; there its author may read anyway.
"""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import GatewayView
from gossamer.compile.lookup.gateways import served
from gossamer.compile.lookup.grants import refusing
from gossamer.model import tables
from gossamer.model.ids import Dialect
from gossamer.model.origin import ObjectRef
from gossamer.model.policies.server_tls import ServerTls
from gossamer.model.traffic.gateway import Gateway, GatewayListener


def usable_secrets(read: TrackedLookup, view: GatewayView) -> frozenset[str]:
    """The secrets (`NS/NAME`) of all listeners that this proxy opens."""
    secret_lists = (
        listener_secrets(read, view, one.gateway, one.listener) for one in served(read, view)
    )
    return frozenset(secret for secrets in secret_lists for secret in secrets)


def listener_secrets(
    read: TrackedLookup, view: GatewayView, gateway: Gateway, listener: GatewayListener
) -> tuple[str, ...]:
    """A listener's secrets, or none at all where one is refused or missing: it stays shut."""
    tls = listener.policies.get(ServerTls)
    if tls is None or tls.refused:
        return ()
    names = [secret_for(read, view, gateway, name) for name in tls.secrets]
    return tuple(name for name in names if name) if all(names) else ()


def secret_for(
    read: TrackedLookup, view: GatewayView, gateway: Gateway, written: str
) -> str | None:
    """The `NS/NAME` that a listener's secret means at this proxy; None where none may be used."""
    places = places_of(view, gateway, written)
    usable = (at for at in places if not refused_to(read, view, gateway, at))
    return next((at for at in usable if is_certificate(read, at)), None)


def places_of(view: GatewayView, gateway: Gateway, written: str) -> tuple[str, ...]:
    """Where a secret is looked for: a bare name where the workload runs, `NS/NAME` there alone."""
    if "/" in written:
        return (written,)
    homes = (view.namespace, gateway.namespace) if view.stand_in else (view.namespace,)
    return tuple(dict.fromkeys(f"{home}/{written}" for home in homes))


def refused_to(
    read: TrackedLookup, view: GatewayView, gateway: Gateway, secret: str
) -> tuple[str, ...]:
    """The namespaces that lack a grant to use the secret; none where it may be used."""
    namespace, _, name = secret.partition("/")
    return refusing(read, gateway.object, _asking(view, gateway, namespace), _ref(namespace, name))


def _ref(namespace: str, name: str) -> ObjectRef:
    return ObjectRef("Secret", namespace, name)


def _asking(view: GatewayView, gateway: Gateway, home: str) -> Iterator[str]:
    """On whose behalf a gateway takes a secret of `home`.

    In Istio's dialect pods of any namespace may serve a Gateway, so the workload needs leave as
    well as the author; what lies beside the workload is for every Gateway that it serves.
    """
    istio = gateway.dialect is Dialect.ISTIO
    if istio and home == view.namespace:
        return
    yield gateway.namespace
    if istio and not view.stand_in:
        yield view.namespace


def is_certificate(read: TrackedLookup, name: str) -> bool:
    """Whether there is a secret of that name with a certificate and its key."""
    secrets = read.lookup(tables.SECRETS, name)
    return bool(secrets and secrets[0].chain and secrets[0].key)

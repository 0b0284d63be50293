"""Which stored certificates a gateway's listeners may serve with."""

from __future__ import annotations

from gossamer.compile.gateways import served
from gossamer.compile.grants import granted
from gossamer.compile.reads import Reader
from gossamer.compile.views import Front
from gossamer.model import tables
from gossamer.model.gateway import Gateway, GatewayListener
from gossamer.model.ids import Dialect
from gossamer.model.policies.server_tls import ServerTls


def usable_secrets(read: Reader, view: Front) -> frozenset[str]:
    """The secrets (`NS/NAME`) of all listeners that this proxy opens."""
    found = (listener_secrets(read, *pair) for pair in served(read, view))
    return frozenset(secret for secrets in found for secret in secrets)


def listener_secrets(read: Reader, gateway: Gateway, listener: GatewayListener) -> tuple[str, ...]:
    """A listener's secrets, or none at all where one is refused or missing: it stays shut."""
    tls = listener.policies.get(ServerTls)
    if tls is None or tls.refused:
        return ()
    if all(_is_there(read, name) and _granted(read, gateway, name) for name in tls.secrets):
        return tls.secrets
    return ()


def _is_there(read: Reader, name: str) -> bool:
    found = read.lookup(tables.SECRETS, name)
    return bool(found and found[0].chain and found[0].key)


def _granted(read: Reader, gateway: Gateway, secret: str) -> bool:
    namespace, _, name = secret.partition("/")
    istio = gateway.dialect is not Dialect.GATEWAY_API
    return istio or granted(read, gateway.object, "Secret", namespace, name)

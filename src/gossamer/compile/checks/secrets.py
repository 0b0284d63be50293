"""Certificates that listeners and destinations name and that are not there, or may not be used."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.subject import Subject
from gossamer.compile.grants import granted
from gossamer.compile.reads import Reader
from gossamer.model import tables
from gossamer.model.destination import Destination
from gossamer.model.finding import Finding
from gossamer.model.gateway import Gateway
from gossamer.model.ids import Dialect
from gossamer.model.origin import Origin
from gossamer.model.policies import Policies
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.server_tls import ServerTls

_CLOSED = "the listener is not opened"


def server_secrets(read: Reader, subject: Subject, gateway: Gateway) -> Iterator[Finding]:
    """Each secret that keeps a listener closed."""
    for listener in gateway.listeners:
        tls = listener.policies.get(ServerTls)
        place = subject.at(f"listener {listener.name}")
        for secret in tls.secrets if tls else ():
            namespace, _, name = secret.partition("/")
            foreign = gateway.dialect is Dialect.GATEWAY_API
            if foreign and not granted(read, gateway.object, "Secret", namespace, name):
                yield _not_granted(place, gateway, secret)
            found = read.lookup(tables.SECRETS, secret)
            if not found or not (found[0].chain and found[0].key):
                yield _missing(place, secret, "certificate and key", _CLOSED)


def client_secrets(read: Reader, subject: Subject, destination: Destination) -> Iterator[Finding]:
    """Each secret without which a destination's connections fail."""
    for field, policies in _everywhere(destination):
        tls = policies.get(ClientTls)
        if tls is None or not tls.credential:
            continue
        secret = f"{destination.namespace}/{tls.credential}"
        found = read.lookup(tables.SECRETS, secret)
        place = subject.at(f"{field}.tls", field, "spec.trafficPolicy")
        if tls.mode is ClientTlsMode.MUTUAL and not (found and found[0].chain and found[0].key):
            yield _missing(place, secret, "certificate and key", "no connection can be made")
        elif not (found and (found[0].roots or found[0].chain)):
            yield _missing(place, secret, "roots (ca.crt)", "no server is believed")


def _everywhere(destination: Destination) -> Iterator[tuple[str, Policies]]:
    """All policies of a destination, with the field that says them."""
    yield "spec.trafficPolicy", destination.policies
    for number, (_, policies) in enumerate(destination.port_policies):
        yield f"spec.trafficPolicy.portLevelSettings[{number}]", policies
    for number, subset in enumerate(destination.subsets):
        yield f"spec.subsets[{number}].trafficPolicy", subset.policies
        for _, policies in subset.port_policies:
            yield f"spec.subsets[{number}].trafficPolicy", policies


def _missing(place: Origin, secret: str, what: str, effect: str) -> Finding:
    return Finding(
        place,
        f"there is no usable Secret {secret} with {what}",
        effect,
        "Make it with: kubectl create secret tls NAME --cert=FILE --key=FILE, in that namespace",
        "missing-secret",
    )


def _not_granted(place: Origin, gateway: Gateway, secret: str) -> Finding:
    namespace = secret.partition("/")[0]
    return Finding(
        place,
        f"no ReferenceGrant in {namespace} lets Gateways of {gateway.namespace} use "
        f"Secret {secret}",
        _CLOSED,
        f"Add a ReferenceGrant in {namespace}: from Gateway in {gateway.namespace}, to Secret",
        "missing-grant",
    )

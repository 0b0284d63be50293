"""Certificates that listeners and destinations name and that are not there, or may not be used."""

from __future__ import annotations

from collections.abc import Iterator

from gossamer.compile.checks.gateways.certificates import unfit_names
from gossamer.compile.checks.subject import Subject
from gossamer.compile.engine.reads import TrackedLookup
from gossamer.compile.engine.views import GatewayView, front_view
from gossamer.compile.lookup.gateway_index import gateway_pods
from gossamer.compile.tls.server_tls import listener_secrets, places_of, refused_to, secret_for
from gossamer.model import tables
from gossamer.model.finding import Finding
from gossamer.model.ids import ROOT_NAMESPACE
from gossamer.model.origin import Origin
from gossamer.model.policies import Policies
from gossamer.model.policies.client_tls import ClientTls, ClientTlsMode
from gossamer.model.policies.server_tls import ServerTls
from gossamer.model.traffic.destination import Destination
from gossamer.model.traffic.gateway import Gateway

_CLOSED = "the listener is not opened"


def server_secrets(read: TrackedLookup, subject: Subject, gateway: Gateway) -> Iterator[Finding]:
    """Each secret that keeps a listener closed at some of the pods that serve it."""
    fronts = _fronts(read, gateway)
    for listener in gateway.listeners:
        tls = listener.policies.get(ServerTls)
        place = subject.at(f"listener {listener.name}")
        for secret in tls.secrets if tls else ():
            for view in fronts:
                if secret_for(read, view, gateway, secret) is None:
                    yield _unusable(read, place, (view, gateway), secret)
        for view in fronts if tls else ():
            yield from unfit_names(
                read, place, listener, listener_secrets(read, view, gateway, listener)
            )


def _fronts(read: TrackedLookup, gateway: Gateway) -> list[GatewayView]:
    """The kinds of pods that serve it, by where they run; a stand-in before there are any."""
    views: dict[tuple[str, bool], GatewayView] = {}
    for key in sorted(gateway_pods(read, gateway)):
        pod = read.lookup(tables.PODS, key)
        if pod is not None:
            views.setdefault((pod.namespace, pod.stand_in), front_view(read, pod))
    return list(views.values()) or [GatewayView("", ROOT_NAMESPACE, (), "", stand_in=True)]


def _unusable(
    read: TrackedLookup, place: Origin, where: tuple[GatewayView, Gateway], written: str
) -> Finding:
    view, gateway = where
    places = places_of(view, gateway, written)
    refused = refused_to(read, view, gateway, places[0])
    if refused:
        return _not_granted(place, gateway, places[0], refused)
    return _missing(place, " or ".join(places), "certificate and key", _CLOSED)


def client_secrets(
    read: TrackedLookup, subject: Subject, destination: Destination
) -> Iterator[Finding]:
    """Each secret without which a destination's connections fail."""
    for field, policies in _everywhere(destination):
        tls = policies.get(ClientTls)
        if tls is None or not tls.credential:
            continue
        secret = f"{destination.namespace}/{tls.credential}"
        secrets = read.lookup(tables.SECRETS, secret)
        place = subject.at(f"{field}.tls", field, "spec.trafficPolicy")
        if tls.mode is ClientTlsMode.MUTUAL and not (
            secrets and secrets[0].chain and secrets[0].key
        ):
            yield _missing(place, secret, "certificate and key", "no connection can be made")
        elif not (secrets and (secrets[0].roots or secrets[0].chain)):
            yield _missing(place, secret, "roots (ca.crt)", "no server is trusted")


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


def _not_granted(place: Origin, gateway: Gateway, secret: str, refused: tuple[str, ...]) -> Finding:
    """The permission that is needed. Whether the secret exists is its owner's to tell."""
    home, who, group = secret.partition("/")[0], " and ".join(refused), gateway.object.group
    return Finding(
        place,
        f"no ReferenceGrant in {home} lets Gateways of {who} use Secret {secret}",
        _CLOSED,
        f"Add a ReferenceGrant in {home}: from Gateway (group {group}) in {who}, to Secret; or "
        "use a Secret of the namespace that the gateway's pods run in",
        "missing-grant",
    )

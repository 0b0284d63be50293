"""Namespaces and classes that are not there, and clients whom workloads refuse: both are told."""

from __future__ import annotations

import pytest

from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.fragment import Contribution
from gossamer.model.mesh import Mesh
from gossamer.model.origin import ObjectRef
from tests.findings.test_finding_pages import analyzed
from tests.findings.test_what_is_said import SERVICE, gateway_api, istio, policy

SHOP = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
FROM = "{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}"
LISTENERS = "listeners: [{name: http, port: 80, protocol: HTTP}]"
TO = "http: [{route: [{destination: {host: reviews}}]}]"
SERVER = "servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['shop/*']}]"

NOWHERE = {
    "rules": SERVICE + istio("VirtualService", f"{{hosts: [reviews], exportTo: [shop], {TO}}}"),
    "a destination": SERVICE + istio("DestinationRule", "{host: reviews, exportTo: [shop]}"),
    "an entry": istio(
        "ServiceEntry",
        "{hosts: [a.example], exportTo: [shop], resolution: DNS, "
        "ports: [{number: 80, name: http, protocol: HTTP}]}",
    ),
    "a grant": SERVICE
    + gateway_api("ReferenceGrant", f"{{from: [{FROM}], to: [{{group: '', kind: Service}}]}}"),
    "a gateway's hosts": istio("Gateway", f"{{selector: {{istio: a}}, {SERVER}}}"),
}


@pytest.mark.parametrize("text", NOWHERE.values(), ids=list(NOWHERE))
def test_a_namespace_that_is_not_there_is_told(text: str) -> None:
    """Once; and not where the namespace is declared, or something is in it."""
    inside = SERVICE.replace("name: reviews}", "name: a, namespace: shop}", 1)
    assert [each.code for each in analyzed(text)].count("unknown-namespace") == 1
    for more in (SHOP, f"---\n{inside}"):
        assert "unknown-namespace" not in {each.code for each in analyzed(text + more)}


def test_a_grant_for_a_service_that_is_not_there_is_told() -> None:
    """It grants nothing; one for a service that is there grants that."""
    for name, count in (("revews", 1), ("reviews", 0)):
        spec = f"{{from: [{FROM}], to: [{{group: '', kind: Service, name: {name}}}]}}"
        told = analyzed(SERVICE + gateway_api("ReferenceGrant", spec) + SHOP)
        assert [each.code for each in told].count("invalid-reference") == count


def test_a_class_that_is_not_there_is_told() -> None:
    """Nobody in a cluster would serve the Gateway; a declared class is one."""
    text = gateway_api("Gateway", f"{{gatewayClassName: edge, {LISTENERS}}}")
    declared = gateway_api("GatewayClass", "{controllerName: a.example/edge}")
    (told,) = [each for each in analyzed(text) if each.code == "unknown-class"]
    assert told.origin.field == "spec.gatewayClassName"
    named = declared.replace("name: one", "name: edge")
    assert "unknown-class" not in {each.code for each in analyzed(f"{text}---\n{named}")}


@pytest.mark.parametrize(
    ("client", "workload", "code"),
    [
        ("ISTIO_MUTUAL", "DISABLE", "mutual-tls-refused"),
        ("DISABLE", "STRICT", "plaintext-refused"),
        ("SIMPLE", "STRICT", "own-tls-refused"),
    ],
)
def test_both_sides_of_a_refused_call_are_told(client: str, workload: str, code: str) -> None:
    """On the destination that calls so, and on the policy that refuses it."""
    tls = f"{{tls: {{mode: {client}}}}}"
    rule = istio("DestinationRule", f"{{host: reviews, trafficPolicy: {tls}}}")
    text = f"{SERVICE}{rule}---\n" + policy(f"{{mtls: {{mode: {workload}}}}}")
    told = [each.origin.object.kind for each in analyzed(text) if each.code == code]
    assert sorted(told) == ["DestinationRule", "PeerAuthentication"]
    fitting = text.replace(f"mtls: {{mode: {workload}", "mtls: {mode: PERMISSIVE")
    assert code not in {each.code for each in analyzed(fitting)}


def test_a_wildcard_whose_calls_are_refused_is_told() -> None:
    """On both sides, for a host that it rules; one with a narrower rule is that one's."""
    rule = istio("DestinationRule", "{host: %s, trafficPolicy: {tls: {mode: %s}}}")
    strict = f"---\n{policy('{mtls: {mode: STRICT}}')}"
    for pattern in ("'*.local'", "'*.svc.cluster.local'", "'*.default.svc.cluster.local'"):
        text = SERVICE + rule % (pattern, "DISABLE")
        told = [each for each in analyzed(text + strict) if each.code == "plaintext-refused"]
        kinds = [each.origin.object.kind for each in told]
        assert sorted(kinds) == ["DestinationRule", "PeerAuthentication"]
        assert all("reviews.default.svc.cluster.local" in each.message for each in told)
        mesh_wide = strict.replace("metadata: {", "metadata: {namespace: istio-system, ", 1)
        told = [each for each in analyzed(text + mesh_wide) if each.code == "plaintext-refused"]
        assert len(told) == 2
        assert "plaintext-refused" not in {each.code for each in analyzed(text)}
        narrower = (rule % ("reviews", "ISTIO_MUTUAL")).replace("name: one", "name: two", 1)
        said = analyzed(f"{text}---\n{narrower}{strict}")
        assert "plaintext-refused" not in {each.code for each in said}
    elsewhere = SERVICE + rule % ("'*.shop.svc.cluster.local'", "DISABLE") + strict
    assert "plaintext-refused" not in {each.code for each in analyzed(elsewhere)}


def test_a_namespace_is_there_until_the_last_has_gone() -> None:
    """What checks read moves with the first who comes and the last who goes, not between."""
    key = tables.INHABITED.key("shop")
    one, two = (Contribution(ObjectRef("Service", "shop", name), ()) for name in ("a", "b"))
    mesh, change = assemble(Mesh(), {one.object: one})
    assert key in change
    mesh, change = assemble(mesh, {two.object: two, one.object: None})
    assert key not in change
    mesh, change = assemble(mesh, {two.object: None})
    assert key in change
    assert mesh.lookup(tables.INHABITED, "shop") is None


def test_an_alias_of_a_service_that_is_not_there_is_told() -> None:
    """Names outside the cluster are DNS's matter."""

    def alias(target: str) -> str:
        return SERVICE + (
            "apiVersion: v1\nkind: Service\nmetadata: {name: two}\n"
            f"spec: {{type: ExternalName, externalName: {target}}}\n"
        )

    (told,) = analyzed(alias("nobody.default.svc.cluster.local"))
    assert (told.code, told.origin.field) == ("dangling-host", "spec.externalName")
    assert analyzed(alias("reviews.default.svc.cluster.local")) == ()
    assert analyzed(alias("api.example.com")) == ()


PORT = "portLevelSettings: [{port: {number: 9080}, tls: {mode: %s}}]"
LEVELS = {
    "a port": ("trafficPolicy: {" + PORT + "}", "spec.trafficPolicy.portLevelSettings[0].tls"),
    "a subset": (
        "subsets: [{name: a, labels: {app: reviews}, trafficPolicy: {tls: {mode: %s}}}]",
        "spec.subsets[0].trafficPolicy.tls",
    ),
}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("mode", "taken"), [("DISABLE", "STRICT"), ("ISTIO_MUTUAL", "DISABLE")])
def test_clients_are_refused_at_every_level(level: str, mode: str, taken: str) -> None:
    """By the settings of one port or subset as by those of the host; told on both objects."""
    said, field = LEVELS[level]
    destination = istio("DestinationRule", f"{{host: reviews, {said % mode}}}")
    policies = istio("PeerAuthentication", f"{{mtls: {{mode: {taken}}}}}", "security")
    told = [
        each
        for each in analyzed(SERVICE + destination + "---\n" + policies)
        if each.code.endswith("-refused")
    ]
    assert [(each.origin.object.kind, each.origin.field) for each in told] == [
        ("DestinationRule", field),
        ("PeerAuthentication", "spec.mtls"),
    ]


def test_a_ports_own_settings_replace_those_of_the_host() -> None:
    """What the host says of the port is not sent then."""
    said = "{tls: {mode: DISABLE}, " + PORT % "ISTIO_MUTUAL" + "}"
    destination = istio("DestinationRule", f"{{host: reviews, trafficPolicy: {said}}}")
    policies = istio("PeerAuthentication", "{mtls: {mode: STRICT}}", "security")
    assert analyzed(SERVICE + destination + "---\n" + policies) == ()

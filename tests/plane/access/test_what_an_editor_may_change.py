"""An editor writes objects of its namespaces, and nothing that holds beyond them."""

from __future__ import annotations

import pytest

from gossamer.manifests.manifest import Manifest
from gossamer.plane.access.actor import Actor, Role, RoleGrant
from gossamer.plane.access.demands import AccessRefused
from gossamer.plane.access.editing import check_changes
from gossamer.plane.documents import changes_by, read_files
from gossamer.store.paths import File

EDITOR = Actor("ed", (RoleGrant(Role.EDITOR, ("team-a",), ("*.a.example.com",)),))
EVERYWHERE = Actor("ed", (RoleGrant(Role.EDITOR),))


def refusal(text: str, actor: Actor = EDITOR) -> str:
    """Why the text may not be applied; empty if it may."""
    reading = read_files([File("x.yaml", text.encode())])
    assert reading.manifests, reading.findings
    try:
        check_changes(actor, changes_by(reading, {}))
    except AccessRefused as refused:
        return str(refused)
    return ""


def istio(kind: str, spec: str, namespace: str = "team-a") -> str:
    """An object of Istio's."""
    group = "security" if kind in ("PeerAuthentication", "AuthorizationPolicy") else "networking"
    return (
        f"apiVersion: {group}.istio.io/v1\nkind: {kind}\n"
        f"metadata: {{name: x, namespace: {namespace}}}\nspec: {spec}\n"
    )


def entry(host: str, more: str = "") -> str:
    """A ServiceEntry."""
    ports = "ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC"
    return istio("ServiceEntry", f"{{hosts: ['{host}'], {ports}{more}}}")


def routes(host: str, more: str = "") -> str:
    """A VirtualService."""
    route = "http: [{route: [{destination: {host: web.team-a.svc.cluster.local}}]}]"
    return istio("VirtualService", f"{{hosts: ['{host}'], {route}{more}}}")


HOME = ", exportTo: ['.']"
GATEWAYS = ", gateways: [istio-system/shared]"
BESIDE = ", gateways: [team-a/mine]"

ALLOWED = {
    "a service of its own": "apiVersion: v1\nkind: Service\n"
    "metadata: {name: w, namespace: team-a}\nspec: {ports: [{port: 80}]}\n",
    "a secret of its own": "apiVersion: v1\nkind: Secret\nmetadata: {name: w, namespace: team-a}\n",
    "strict at home": istio("PeerAuthentication", "{mtls: {mode: STRICT}}"),
    "an outside host at home": entry("api.example.com", HOME),
    "an outside host that was granted": entry("api.a.example.com"),
    "a pattern that was granted": entry("*.a.example.com", ", location: MESH_EXTERNAL"),
    "an entry for another's host, which holds at home alone": entry("web.team-b.svc.cluster.local"),
    "its own host for all": routes("web.team-a.svc.cluster.local"),
    "its own host, in short": routes("web"),
    "another's host for its own calls": routes("web.team-b.svc.cluster.local", HOME),
    "a granted host at a shared gateway": routes("www.a.example.com", GATEWAYS),
    "how others are called from home": istio(
        "DestinationRule", "{host: web.team-b.svc.cluster.local, exportTo: ['.']}"
    ),
    "a gateway with a granted host": istio(
        "Gateway",
        "{selector: {istio: ingressgateway}, servers: "
        "[{port: {number: 80, name: http, protocol: HTTP}, hosts: [www.a.example.com]}]}",
    ),
    "a gateway of its own pods": "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
    "metadata: {name: g, namespace: team-a}\nspec: {gatewayClassName: gossamer, "
    "listeners: [{name: http, port: 80, protocol: HTTP}]}\n",
}

REFUSED = {
    "another namespace": (
        istio("PeerAuthentication", "{mtls: {mode: DISABLE}}", "team-b"),
        "it is in another namespace, team-b",
    ),
    "the default namespace": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: w}\n",
        "it is in another namespace, default",
    ),
    "the root namespace": (
        istio("PeerAuthentication", "{mtls: {mode: DISABLE}}", "istio-system"),
        "holds for the whole mesh",
    ),
    "a namespace itself": (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-a}\n",
        "its kind holds for the whole mesh",
    ),
    "a class of gateways": (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: g}\n"
        "spec: {controllerName: gossamer.dev/gateway}\n",
        "its kind holds for the whole mesh",
    ),
    "an outside host for all": (entry("api.example.com"), "claims the host api.example.com"),
    "all hosts for all": (
        routes("*.svc.cluster.local", ", exportTo: ['*']"),
        "claims the host *.svc.cluster.local",
    ),
    "another's routes": (
        routes("web.team-b.svc.cluster.local"),
        "claims the host web.team-b.svc.cluster.local",
    ),
    "another's routes, for another": (
        routes("web.team-b.svc.cluster.local", ", exportTo: [team-b]"),
        "claims the host web.team-b.svc.cluster.local",
    ),
    "a host that only looks granted": (
        entry("evil-a.example.com"),
        "claims the host evil-a.example.com",
    ),
    "how others are called by others": (
        istio("DestinationRule", "{host: web.team-b.svc.cluster.local}"),
        "claims the host web.team-b.svc.cluster.local",
    ),
    "a host at a shared gateway": (
        routes("bank.example.com", GATEWAYS),
        "at a gateway that others use",
    ),
    "every host at a shared gateway": (routes("*", GATEWAYS), "claims the host *"),
    "a host at the shared gateway's pods": (
        routes("bank.example.com", BESIDE),
        "at a gateway that others use",
    ),
    "a gateway on shared pods": (
        istio(
            "Gateway",
            "{selector: {istio: ingressgateway}, servers: "
            "[{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}",
        ),
        "claims the host * at a gateway",
    ),
    "a route at another's gateway": (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
        "metadata: {name: r, namespace: team-a}\n"
        "spec: {parentRefs: [{name: shared, namespace: infra}], hostnames: [bank.example.com]}\n",
        "claims the host bank.example.com at a gateway",
    ),
    "a route at another's gateway for every host": (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
        "metadata: {name: r, namespace: team-a}\n"
        "spec: {parentRefs: [{name: shared, namespace: infra}]}\n",
        "claims the host * at a gateway",
    ),
}


@pytest.mark.parametrize("text", ALLOWED.values(), ids=ALLOWED.keys())
def test_this_is_an_editors_own(text: str) -> None:
    """It holds for the editor's namespace, or for hosts that are the editor's."""
    assert refusal(text) == ""


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_this_is_not(text: str, why: str) -> None:
    """The reason is named, with the object."""
    assert why in refusal(text)


@pytest.mark.parametrize("name", ["the root namespace", "a namespace itself"])
def test_an_editor_of_all_namespaces_is_no_operator(name: str) -> None:
    """What holds for the whole mesh is an operator's."""
    assert "holds for the whole mesh" in refusal(REFUSED[name][0], EVERYWHERE)
    assert refusal(REFUSED["another namespace"][0], EVERYWHERE) == ""


def test_one_object_refuses_all(tmp_path: object) -> None:
    """They are one transaction; each refused object is named."""
    text = ALLOWED["a service of its own"] + "---\n" + REFUSED["another namespace"][0]
    assert "PeerAuthentication team-b/x" in refusal(text)


def test_of_two_with_one_name_that_is_judged_which_counts() -> None:
    """The last one is stored, so no harmless first one hides it."""
    wide, home = entry("api.example.com"), entry("api.example.com", HOME)
    assert refusal(f"{home}---\n{wide}")
    assert refusal(f"{wide}---\n{home}") == ""


def test_what_adds_nothing_is_judged_by_its_names() -> None:
    """An object that no dialect reads has a namespace all the same."""
    text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: x, namespace: team-b}\n"
    assert "another namespace" in refusal(text)
    assert isinstance(read_files([File("x", text.encode())]).manifests[0], Manifest)

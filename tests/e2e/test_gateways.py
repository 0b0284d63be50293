"""Gateways: what comes in from outside, under which name, with which certificate, and to whom."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from textwrap import indent

import pytest

from tests.e2e.lab_under_test import Lab, until
from tests.e2e.self_made import Certificate, certificate
from tests.e2e.written import deployment, service

pytestmark = pytest.mark.e2e

SECRET = """
apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: {namespace}}}
type: kubernetes.io/tls
stringData:
  tls.crt: |
{chain}
  tls.key: |
{key}
---
"""

ISTIO = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [a.example, b.example]
  - port: {number: 8081, name: moved, protocol: HTTP}
    hosts: [a.example]
    tls: {httpsRedirect: true}
  - port: {number: 443, name: https-a, protocol: HTTPS}
    hosts: [a.example]
    tls: {mode: SIMPLE, credentialName: cert-a}
  - port: {number: 443, name: https-b, protocol: HTTPS}
    hosts: [b.example]
    tls: {mode: SIMPLE, credentialName: cert-b}
  - port: {number: 443, name: https-home, protocol: HTTPS}
    hosts: [home.example]
    tls: {mode: SIMPLE, credentialName: cert-home}
  - port: {number: 443, name: https-also, protocol: HTTPS}
    hosts: [also.example]
    tls: {mode: SIMPLE, credentialName: cert-a}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: thief, namespace: strangers}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: https-thief, protocol: HTTPS}
    hosts: [thief.example]
    tls: {mode: SIMPLE, credentialName: default/cert-a}
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec:
  type: LoadBalancer
  selector: {istio: ingressgateway}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]
---
apiVersion: v1
kind: Service
metadata: {name: beside, namespace: istio-system}
spec: {type: NodePort, selector: {istio: ingressgateway}, ports: [{port: 80, targetPort: 8090}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client, annotations: {sidecar.istio.io/inject: "false"}}
spec: {containers: [{name: app, image: curlimages/curl, command: [sleep, inf]}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: side}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 9090, name: http, protocol: HTTP}
    hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a}
spec:
  hosts: [a.example]
  gateways: [front]
  http:
  - match: [{uri: {prefix: /secured}}]
    redirect: {scheme: https, port: 443}
  - route: [{destination: {host: one}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b}
spec:
  hosts: [b.example]
  gateways: [front]
  http: [{route: [{destination: {host: two}}]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: side}
spec:
  hosts: ["*"]
  gateways: [side]
  http:
  - match: [{uri: {prefix: /two}}]
    route: [{destination: {host: two}}]
---
"""

GATEWAY_API = """
apiVersion: v1
kind: Namespace
metadata: {name: guests, labels: {may: enter}}
---
apiVersion: v1
kind: Namespace
metadata: {name: strangers}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: shared}
spec:
  gatewayClassName: gossamer
  listeners:
  - name: http
    port: 7070
    protocol: HTTP
    hostname: "*.shared.example"
    allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {may: enter}}}}
  - name: https
    port: 7443
    protocol: HTTPS
    hostname: tls.shared.example
    tls: {mode: Terminate, certificateRefs: [{name: cert-far, namespace: guests}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: guest, namespace: guests}
spec:
  parentRefs: [{name: shared, namespace: default, sectionName: http}]
  hostnames: [guest.shared.example]
  rules: [{backendRefs: [{name: one, namespace: default, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: moved, namespace: guests}
spec:
  parentRefs: [{name: shared, namespace: default, sectionName: http}]
  hostnames: [old.shared.example, "*.old.shared.example"]
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: stranger, namespace: strangers}
spec:
  parentRefs: [{name: shared, namespace: default, sectionName: http}]
  hostnames: [stranger.shared.example]
  rules: [{backendRefs: [{name: one, namespace: default, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: safe}
spec:
  parentRefs: [{name: shared, sectionName: https}]
  rules: [{backendRefs: [{name: two, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: certificates, namespace: guests}
spec:
  from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: default}]
  to: [{group: "", kind: Secret}]
---
"""

GRANT = """
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: services, namespace: default}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: guests}]
  to: [{group: "", kind: Service, name: one}]
"""


def secret(name: str, shown: Certificate, namespace: str) -> str:
    chain, key = (indent(text, "    ") for text in (shown.chain, shown.key))
    return SECRET.format(name=name, namespace=namespace, chain=chain, key=key)


def said(name: str) -> str:
    args = f'args: ["-text={name}", "-listen=:5678"]'
    return deployment(name, "hashicorp/http-echo:1.0", 5678, container=args) + service(
        name, target=5678
    )


CERTIFICATES = {
    name: certificate(host)
    for name, host in (
        ("a", "a.example"),
        ("b", "b.example"),
        ("far", "tls.shared.example"),
        ("renewed", "a.example"),
        ("home", "home.example"),
    )
}


class Front:
    """The ports of this host that lead to the gateways."""

    def __init__(self, lab: Lab, shape: Mapping[str, list[dict[str, str]]]) -> None:
        self.lab = lab
        self.ports = {
            (each["name"].partition("/")[2], each["port"]): int(each["url"].rpartition(":")[2])
            for each in shape["gateways"]
        }

    def get(self, gateway: str, port: str, url: str, *options: str) -> tuple[int, str]:
        """Status and body of a URL whose host leads to a gateway's port; 0 without an answer."""
        host = url.split("/")[2].partition(":")[0]
        number = self.ports[gateway, port]
        scheme, _, rest = url.partition("://")
        path = rest.partition("/")[2]
        command = ("curl", "-sS", "-m", "5", "-w", "\n%{http_code}", *options)
        to = ("--resolve", f"{host}:{number}:127.0.0.1", f"{scheme}://{host}:{number}/{path}")
        done = subprocess.run(
            [*command, *to], capture_output=True, text=True, timeout=20, check=False
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status or 0), body.strip()

    def trusting(self, name: str) -> tuple[str, str]:
        """Options by which curl believes that certificate alone."""
        path = self.lab.home / f"{name}.pem"
        path.write_text(CERTIFICATES[name].chain)
        return ("--cacert", str(path))


@pytest.fixture(scope="module")
def front(lab: Lab) -> Front:
    """Two services behind two Istio gateways of one pod, and a Gateway API one of its own."""
    parts = [said("one"), said("two"), ISTIO, GATEWAY_API]
    parts += [secret(f"cert-{name}", CERTIFICATES[name], "default") for name in ("a", "b")]
    parts.append(secret("cert-far", CERTIFICATES["far"], "guests"))
    parts.append(secret("cert-home", CERTIFICATES["home"], "istio-system"))
    return Front(lab, lab.up_text("".join(parts)))


def test_each_host_has_its_routes_and_no_other_host_any(front: Front) -> None:
    """Two hosts on one port lead to two services; a host that nobody bound is not found."""
    assert front.get("front", "80", "http://a.example/") == (200, "one")
    assert front.get("front", "80", "http://b.example/") == (200, "two")
    assert front.get("front", "80", "http://c.example/")[0] == 404


def test_ports_are_apart(front: Front) -> None:
    """A gateway on another port has its own routes; `*` takes any host, and only its paths."""
    assert front.get("side", "9090", "http://whoever.example/two") == (200, "two")
    assert front.get("side", "9090", "http://a.example/")[0] == 404


def test_plain_http_is_sent_to_https(front: Front) -> None:
    """httpsRedirect: 301 to the same place with TLS."""
    status, head = front.get("front", "8081", "http://a.example/x", "-D", "-", "-o", "/dev/null")
    assert status == 301
    assert "location: https://a.example" in head.lower()


@pytest.mark.parametrize("host", ["old.shared.example", "x.old.shared.example"])
def test_no_redirect_writes_the_port_of_https(front: Front, host: str) -> None:
    """From a listener at a port of its own, to the host alone; where any host may be meant, for
    a client that wrote no port."""
    said = ("-D", "-", "-o", "/dev/null")
    written = ("-H", f"Host: {host}") if host.startswith("x.") else ()
    status, head = front.get("shared", "7070", f"http://{host}/p?q", *said, *written)
    assert status == 302
    assert f"location: https://{host}/p?q" in head.lower().splitlines()


def test_a_redirect_names_its_own_port(front: Front) -> None:
    """From a listener at port 80 whose callers write another one, for the way in is mapped."""
    said = ("-D", "-", "-o", "/dev/null")
    status, head = front.get("front", "80", "http://a.example/secured", *said)
    assert status == 301
    assert "location: https://a.example/secured" in head.lower().splitlines()


@pytest.mark.parametrize(("name", "body"), [("a", "one"), ("b", "two")])
def test_each_server_name_has_its_certificate(front: Front, name: str, body: str) -> None:
    """One port, two certificates, told apart by the name that is asked for; HTTP/2 where asked."""
    url = f"https://{name}.example/"
    assert front.get("front", "443", url, *front.trusting(name)) == (200, body)
    assert front.get("front", "443", url, *front.trusting(name), "--http2") == (200, body)
    other = {"a": "b", "b": "a"}[name]
    assert front.get("front", "443", url, *front.trusting(other))[0] == 0


def test_a_secret_lies_where_the_gateway_runs_or_beside_it(front: Front) -> None:
    """Both usual layouts are served; a Gateway gets no certificate out of other namespaces."""
    handshake = front.get("front", "443", "https://home.example/", *front.trusting("home"))
    assert handshake[0] == 404
    assert front.get("front", "443", "https://thief.example/", "-k")[0] == 0


@pytest.mark.parametrize("service", ["istio-ingressgateway", "beside"])
def test_a_gateways_port_is_that_of_its_services(front: Front, service: str) -> None:
    """Each Service in front of a gateway leads its port 80 elsewhere; the gateway is there, for
    pods that call the Service as for whoever comes by the lab's door."""
    command = ("curl", "-sS", "-m", "5", "-H", "Host: a.example")
    url = f"http://{service}.istio-system/"
    done = front.lab.run("exec", "client", "--name", front.lab.name, "--", *command, url)
    assert done.stdout.strip() == "one"


def test_a_connection_is_for_its_own_listeners_hosts(front: Front) -> None:
    """A connection made for one name carries no request for another listener's, though one
    certificate serves both: 421 has the client make a new one."""
    url, host = "https://a.example/", ("-H", "Host: also.example")
    assert front.get("front", "443", url, *front.trusting("a"), *host)[0] == 421
    assert front.get("front", "443", url, *front.trusting("a"), *host, "--http2")[0] == 421
    stranger = ("-H", "Host: b.example")  # it has a certificate of its own
    assert front.get("front", "443", url, *front.trusting("a"), *stranger)[0] == 404


def test_an_unknown_server_name_gets_no_handshake(front: Front) -> None:
    """There is no certificate for it."""
    assert front.get("front", "443", "https://c.example/", "-k")[0] == 0


def test_only_allowed_namespaces_enter(front: Front) -> None:
    """allowedRoutes by label: the guests' route holds, the strangers' does not. A Service of
    another namespace needs a grant: 500 before it, 200 after it, 500 when it is gone."""
    guest = "http://guest.shared.example/"
    assert front.get("shared", "7070", "http://stranger.shared.example/")[0] == 404
    assert front.get("shared", "7070", guest)[0] == 500
    front.lab.apply(GRANT)
    until(lambda: front.get("shared", "7070", guest) == (200, "one"))
    front.lab.delete(GRANT)
    until(lambda: front.get("shared", "7070", guest)[0] == 500)


def test_a_certificate_of_another_namespace_by_grant(front: Front) -> None:
    """A Gateway's listener may use the Secret that a ReferenceGrant gives it."""
    url = "https://tls.shared.example/"
    assert front.get("shared", "7443", url, *front.trusting("far")) == (200, "two")


def test_a_renewed_certificate_is_shown_at_once(front: Front) -> None:
    """Applying the Secret anew changes what is shown; no connection waits for anything else."""
    url = "https://a.example/"
    assert front.get("front", "443", url, *front.trusting("renewed"))[0] == 0
    front.lab.apply(secret("cert-a", CERTIFICATES["renewed"], "default"))
    until(lambda: front.get("front", "443", url, *front.trusting("renewed")) == (200, "one"))
    assert front.get("front", "443", "https://b.example/", *front.trusting("b")) == (200, "two")

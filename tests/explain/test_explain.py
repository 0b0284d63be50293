"""What explanations say, and which lines they name, without any Envoy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gossamer.explain.report.explanation import Verdict
from gossamer.explain.walk.call import BadCall, call_to
from gossamer.model import tables
from gossamer.model.assembly.assemble import assemble
from gossamer.model.observed import observed_pods
from tests.explain.explained import SmallMesh, small_mesh

STRICT = """
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: all, namespace: default}
spec: {mtls: {mode: STRICT}}
"""
SPLIT = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
  - match: [{headers: {end-user: {exact: jason}}}]
    route: [{destination: {host: reviews, subset: v2}}]
  - route:
    - {destination: {host: reviews, subset: v1}, weight: 90}
    - {destination: {host: reviews, subset: v2}, weight: 10}
"""
REGISTRY_ONLY = """
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "{outboundTrafficPolicy: {mode: REGISTRY_ONLY}}"}
"""
GATEWAY = """
apiVersion: v1
kind: Service
metadata: {name: front, namespace: default}
spec: {selector: {istio: front}, ports: [{name: http, port: 8080}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front, namespace: default}
spec:
  selector: {istio: front}
  servers: [{port: {number: 8080, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: default}
spec:
  hosts: [web.example]
  gateways: [front]
  http: [{route: [{destination: {host: reviews}}]}]
"""


def test_a_service_without_any_rule() -> None:
    """Every ready pod can be reached by mesh TLS, in equal shares."""
    said = small_mesh().call("http://reviews:9080/reviews/0?x=1")
    assert (said.verdict, said.status, said.route) == (Verdict.ROUTED, None, "default")
    assert {b.workload for b in said.backends} == {"default/reviews-v1", "default/reviews-v2"}
    assert {(b.weight, b.mtls) for b in said.backends} == {(50.0, True)}


def test_weights_and_the_lines_that_decide() -> None:
    """Shares are those of the rule, and its line, its destination and the subset are named."""
    said = small_mesh(SPLIT).call("http://reviews:9080/")
    assert {(b.subset, b.weight) for b in said.backends} == {("v1", 90.0), ("v2", 10.0)}
    fields = {(str(each.object), each.field) for each in said.because}
    assert ("VirtualService default/reviews", "spec.http[1]") in fields
    assert ("VirtualService default/reviews", "spec.http[1].route[0]") in fields
    assert ("DestinationRule default/reviews", "spec.subsets[0]") in fields
    assert all(each.file == "town.yaml" and each.line for each in said.because)


def test_why_another_rule_lost() -> None:
    """A rule that did not get the call is named with its line and what it needed."""
    said = small_mesh(SPLIT).call("http://reviews:9080/")
    assert [each.why for each in said.lost] == ["needs header end-user: jason; there is none"]
    assert said.lost[0].place is not None
    assert said.lost[0].place.field == "spec.http[0].match[0]"
    took = small_mesh(SPLIT).call("http://reviews:9080/", ("end-user", "jason"))
    assert {b.subset for b in took.backends} == {"v2"}


def test_an_object_that_lost_the_host() -> None:
    """A second VirtualService on one host is named as the loser that it is."""
    late = SPLIT.partition("---")[2].replace("name: reviews, n", "name: zz-late, n")
    said = small_mesh(SPLIT, late).call("http://reviews:9080/")
    assert "VirtualService default/zz-late" in {each.rule for each in said.lost}


def test_strict_refuses_plaintext() -> None:
    """A pod without a proxy is denied where mTLS is demanded, because of that line."""
    said = small_mesh(STRICT).call("http://reviews:9080/", by="default/plain")
    assert (said.verdict, said.status) == (Verdict.DENIED, None)
    assert "spec.mtls" in {each.field for each in said.because}
    assert small_mesh().call("http://reviews:9080/", by="default/plain").verdict is Verdict.ROUTED
    assert small_mesh(STRICT).call("http://reviews:9080/").verdict is Verdict.ROUTED


def test_a_destination_that_says_plaintext_to_strict_pods() -> None:
    """The caller's own proxy may be told to speak plaintext: 503, because nobody takes it."""
    disable = SPLIT.partition("---")[0].replace(
        "  host", "  trafficPolicy: {tls: {mode: DISABLE}}\n  host"
    )
    said = small_mesh(STRICT, disable).call("http://reviews:9080/")
    assert (said.verdict, said.status) == (Verdict.DENIED, 503)
    assert "client_tls" in {each.policy for each in said.policies}


def test_addresses_outside() -> None:
    """Outside the mesh calls pass as they are, or are blocked under REGISTRY_ONLY."""
    assert small_mesh().call("http://example.com/").verdict is Verdict.PASSTHROUGH
    said = small_mesh(REGISTRY_ONLY).call("http://example.com/")
    assert said.verdict is Verdict.BLOCKED
    assert "data.mesh" in {each.field for each in said.because}


def test_an_unknown_host_at_a_known_address() -> None:
    """The Host header decides: one that no object declared is answered 502 under REGISTRY_ONLY."""
    said = small_mesh(REGISTRY_ONLY).call("http://reviews:9080/", ("Host", "nobody.example"))
    assert (said.verdict, said.status) == (Verdict.BLOCKED, 502)


def test_bytes() -> None:
    """A TCP port goes to its endpoints, with no route and no status."""
    said = small_mesh().call("tcp://reviews:3306")
    assert (said.verdict, said.status, said.virtual_host) == (Verdict.ROUTED, None, None)
    assert len(said.backends) == 2


def test_an_outsider_at_a_gateway() -> None:
    """A gateway takes the hosts that are bound to it, whatever port the Host header says."""
    random_mesh = small_mesh(GATEWAY)
    said = random_mesh.call("http://web.example:8080/", by="outside")
    assert (said.verdict, said.listener) == (Verdict.ROUTED, "gateway|8080")
    other = random_mesh.call("http://other.example:8080/", by="outside")
    assert (other.verdict, other.status) == (Verdict.NO_ROUTE, 404)
    assert random_mesh.call("http://web.example:81/", by="outside").verdict is Verdict.BLOCKED


def test_names_with_underscores_are_refused_at_a_gateway() -> None:
    """They end at the gateway with 400, whatever its routes say; a sidecar lets them pass."""
    random_mesh = small_mesh(GATEWAY)
    said = random_mesh.call("http://web.example:8080/", ("x_user", "a"), by="outside")
    assert (said.verdict, said.status, said.backends) == (Verdict.BLOCKED, 400, ())
    assert any("x_user" in hop.says for hop in said.hops)
    inside = random_mesh.call("http://reviews:9080/", ("x_user", "a"))
    assert inside.verdict is Verdict.ROUTED


def test_a_gateway_called_from_inside() -> None:
    """A gateway ends no mesh TLS, so sidecars speak plaintext to it."""
    said = small_mesh(GATEWAY).call("http://front:8080/", ("Host", "front:8080"))
    assert (said.verdict, [b.mtls for b in said.backends]) == (Verdict.ROUTED, [False])


@pytest.mark.parametrize(
    "url", ["", "ftp://reviews/", "http://:80/", "http://reviews:x/", "http://a b/"]
)
def test_calls_that_nobody_could_make(url: str) -> None:
    """What is wrong with a URL is said, with what to write."""
    with pytest.raises(BadCall, match="URL"):
        call_to("default/client", url)


def test_an_unknown_source() -> None:
    """A caller that is no pod is named, with what would help."""
    with pytest.raises(BadCall, match="no pod default/nobody"):
        small_mesh().call("http://reviews:9080/", by="default/nobody")


BEHIND = """
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: default}
spec: {selector: {app: reviews}, ports: [{name: http, port: 80, targetPort: 9090}]}
"""


def test_bytes_are_closed_where_http_is_declared() -> None:
    """Also at a pod's own address, where the caller's proxy sees only bytes."""
    made = small_mesh(BEHIND)
    pod = made.mesh.lookup(tables.PODS, "default/reviews-v1")
    assert pod is not None
    there = f"{pod.addresses[0]}:9090"
    for scheme, verdict in (
        ("http", Verdict.ROUTED),
        ("tcp", Verdict.DENIED),
        ("https", Verdict.DENIED),
    ):
        for caller in ("default/client", "default/plain"):
            assert made.call(f"{scheme}://{there}/", by=caller).verdict is verdict, (scheme, caller)


UNDECLARED = """
apiVersion: v1
kind: Service
metadata: {name: carts, namespace: default}
spec: {selector: {app: reviews}, ports: [{name: web, port: 3000}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: carts, namespace: default}
spec:
  hosts: [carts]
  http:
  - fault: {abort: {httpStatus: 418, percentage: {value: 100}}}
    route: [{destination: {host: carts}}]
"""


def test_requests_are_found_where_nobody_says_what_is_spoken() -> None:
    """They follow the rules; other bytes, and TLS of the caller's own, go on as they are."""
    made = small_mesh(UNDECLARED)
    found = made.call("http://carts:3000/")
    assert (found.status, found.listener, found.chain) == (418, "outbound|3000", "http-found|3000")
    for scheme in ("tcp", "https"):
        for caller in ("default/client", "default/plain"):
            assert made.call(f"{scheme}://carts:3000/", by=caller).verdict is Verdict.ROUTED
    assert made.call("tcp://carts:3000").chain == "bytes|3000"


def test_a_port_whose_pods_speak_first_is_explained_as_tcp() -> None:
    """The rules for requests do not hold on it, as on declared TCP."""
    mesh = small_mesh(UNDECLARED).mesh
    names = ("default/reviews-v1", "default/reviews-v2")
    pods = {key: pod for key in names if (pod := mesh.lookup(tables.PODS, key))}
    learned, _ = assemble(
        mesh, {}, observed_pods(replace(pods[key], greets=(3000,)) for key in names)
    )
    found = SmallMesh(learned).call("tcp://carts:3000")
    assert (found.verdict, found.listener) == (Verdict.ROUTED, "outbound")


DECLARED_TOO = """
apiVersion: v1
kind: Service
metadata: {name: raw, namespace: default}
spec: {selector: {app: reviews}, clusterIP: 10.96.7.7, ports: [{name: tcp, port: 3000}]}
"""


def test_declared_tcp_keeps_its_road_beside_undeclared() -> None:
    """It has a listener of its own at its addresses, where nobody looks at bytes."""
    found = small_mesh(UNDECLARED, DECLARED_TOO).call("tcp://raw:3000")
    assert (found.verdict, found.listener) == (Verdict.ROUTED, "outbound|3000|tcp")


DNS = """
apiVersion: v1
kind: Service
metadata: {name: dns}
spec:
  selector: {app: reviews}
  ports: [{name: udp, port: 9053, protocol: UDP}, {name: http-a, port: 9080}]
---
apiVersion: v1
kind: Service
metadata: {name: both}
spec:
  selector: {app: reviews}
  ports:
  - {name: http, port: 9080, targetPort: 8080}
  - {name: quic, port: 9080, targetPort: 8443, protocol: UDP}
---
apiVersion: v1
kind: Service
metadata: {name: other}
spec:
  selector: {app: reviews}
  ports:
  - {name: quic, port: 9080, targetPort: 8443, protocol: UDP}
  - {name: http, port: 9080, targetPort: 8080}
"""


@pytest.mark.parametrize("host", ["both", "other"])
def test_a_udp_port_beside_a_port_of_the_same_number(host: str) -> None:
    """The one that proxies carry is meant, in whichever order they are written."""
    said = small_mesh("---" + DNS).call(f"http://{host}:9080/")
    assert (said.verdict, said.virtual_host) == (Verdict.ROUTED, f"9080/{host}:9080")
    assert len(said.backends) == 2
    assert all(each.address.endswith(":8080") for each in said.backends)


def test_a_udp_port_takes_no_connections() -> None:
    """Nobody stands behind it for TCP, as in a cluster: the call goes where it was dialled."""
    assert small_mesh("---" + DNS).call("tcp://dns:9053").verdict is Verdict.PASSTHROUGH

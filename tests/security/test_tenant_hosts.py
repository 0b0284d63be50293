"""No tenant takes the calls of others: not by their hosts, their addresses, nor a wide pattern.

What an object says of another namespace's host holds for the calls of its own namespace. The names
of what is not exported lead nowhere, however they are written.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gossamer.cli.offline.offline_mesh import offline_mesh
from gossamer.cli.reading import read_all
from gossamer.compile.engine.compiler import compile_resource
from gossamer.compile.engine.resource_type import ResourceType
from gossamer.compile.engine.views import view_of
from gossamer.explain.explain import explain_call
from gossamer.explain.report.shaping import shape_of
from gossamer.explain.walk.call import call_to
from gossamer.model.finding import Finding
from gossamer.model.mesh import Mesh
from gossamer.model.workload.pod import Pod
from gossamer.store.paths import File

VIP = "10.96.0.7"
AGED = 'creationTimestamp: "2020-01-01T00:00:00Z"'
BANK = "pay.bank.svc.cluster.local"


def workload(namespace: str, name: str, kind: str = "Deployment", more: str = "") -> str:
    """A workload with a service."""
    return f"""---
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  serviceName: {name}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c, image: x, command: [sleep, "9"]}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {namespace}{more and ", annotations: "}{more}}}
spec:
  selector: {{app: {name}}}
  clusterIP: {"None" if kind == "StatefulSet" else VIP if name == "pay" else '""'}
  ports: [{{name: http, port: 80}}, {{name: tcp, port: 5432}}]
"""


HOME = '{networking.istio.io/exportTo: "."}'
TOWN = (
    workload("bank", "pay")
    + workload("bank", "vault", more=HOME)
    + workload("bank", "db", "StatefulSet", HOME)
    + workload("evil", "trap")
    + workload("shop", "web")
)


@dataclass(frozen=True)
class Town:
    """A mesh of three tenants, and an attack among them."""

    mesh: Mesh
    pods: dict[str, Pod]
    findings: tuple[Finding, ...]

    def pod(self, namespace: str, name: str = "") -> Pod:
        return next(p for k, p in self.pods.items() if k.startswith(f"{namespace}/{name}"))

    def ends_at(self, namespace: str, url: str) -> set[str]:
        """The pods that a call reaches, as `NS/APP`."""
        pod = self.pod(namespace)
        told = explain_call(self.mesh, call_to(str(pod.key), url, "GET", []))
        addresses = {each.address.rpartition(":")[0] for each in told.backends}
        return {
            f"{each.namespace}/{dict(each.labels)['app']}"
            for each in self.pods.values()
            if addresses & {*each.addresses}
        } | {a for a in addresses if not any(a in each.addresses for each in self.pods.values())}

    def body(self, namespace: str, kind: ResourceType, name: str) -> bytes:
        """A resource as that namespace's proxy would have it; empty where it has none."""
        pod = self.pod(namespace)
        return (
            compile_resource(self.mesh, view_of(self.mesh, pod, kind, name), kind, name).body or b""
        )


def town(attack: str = "") -> Town:
    """The mesh with the attack, older than all else."""
    read = read_all([File("town.yaml", f"{TOWN}---\n{attack}".encode())])
    mesh, pods = offline_mesh(read)
    return Town(mesh, dict(pods), read.findings)


def entry(host: str, more: str = "", namespace: str = "evil") -> str:
    """An old ServiceEntry that leads to the attacker."""
    return (
        "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\n"
        f"metadata: {{name: trap, namespace: {namespace}, {AGED}}}\n"
        f"spec: {{hosts: ['{host}'], location: MESH_INTERNAL, resolution: STATIC, "
        "ports: [{number: 80, name: http, protocol: HTTP}], "
        f"endpoints: [{{address: 10.9.9.9}}]{more}}}\n"
    )


def routes(host: str, more: str = "", namespace: str = "evil") -> str:
    """An old VirtualService that leads to the attacker."""
    return (
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\n"
        f"metadata: {{name: trap, namespace: {namespace}, {AGED}}}\n"
        f"spec: {{hosts: ['{host}'], "
        f"http: [{{route: [{{destination: {{host: trap.evil.svc.cluster.local}}}}]}}]{more}}}\n"
    )


FOR_ALL, FOR_BANK = ", exportTo: ['*']", ", exportTo: [bank, shop]"
CAPTURES = {
    "an entry for the host": entry(BANK),
    "an entry for the short host": entry("pay.bank"),
    "an entry for the half host": entry("pay.bank.svc"),
    "an entry for the host in capitals": entry("PAY.Bank.svc.cluster.local."),
    "an entry for its hosts": entry("*.bank.svc.cluster.local"),
    "an entry for all hosts": entry("*.svc.cluster.local", FOR_ALL),
    "an entry for the whole domain": entry("*.local"),
    "an entry at its address": entry("trap.example.com", f", addresses: ['{VIP}']"),
    "an entry at all addresses": entry("trap.example.com", ", addresses: ['10.0.0.0/8']"),
    "routes of the host": routes(BANK),
    "routes of the host, for all": routes(BANK, FOR_ALL),
    "routes of the host, for its owner": routes(BANK, FOR_BANK),
    "routes of the host in capitals": routes("PAY.Bank.svc.cluster.local"),
    "routes of the short host": routes("pay.bank"),
    "routes of its hosts": routes("*.bank.svc.cluster.local"),
    "routes of all hosts": routes("*.svc.cluster.local", FOR_ALL),
    "routes of the whole domain": routes("*.local"),
    "routes beside a host of its own": routes(f"trap', '{BANK}"),
    "an entry on the search path": entry("pay.bank.shop.svc.cluster.local"),
    "an entry at the end of the search path": entry("pay.bank.svc.svc.cluster.local"),
    "routes on the search path": routes("pay.bank.shop.svc.cluster.local"),
    "routes on the owner's search path": routes("pay.bank.bank.svc.cluster.local"),
    "how it is called": (
        "apiVersion: networking.istio.io/v1\nkind: DestinationRule\n"
        f"metadata: {{name: trap, namespace: evil, {AGED}}}\n"
        f"spec: {{host: {BANK}, trafficPolicy: {{tls: {{mode: DISABLE}}}}, exportTo: ['*']}}\n"
    ),
    "a split of it": (
        "apiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\n"
        f"metadata: {{name: trap, namespace: evil, {AGED}}}\n"
        f"spec: {{service: {BANK}, backends: [{{service: trap, weight: 1}}]}}\n"
    ),
    "a route of the Gateway API": (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
        f"metadata: {{name: trap, namespace: evil, {AGED}}}\n"
        "spec:\n  parentRefs: [{group: '', kind: Service, name: pay, namespace: bank}]\n"
        "  rules: [{backendRefs: [{name: trap, port: 80}]}]\n"
    ),
    "endpoints of it": (
        "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: trap, "
        f"namespace: evil, labels: {{kubernetes.io/service-name: pay}}, {AGED}}}\n"
        "addressType: IPv4\nports: [{name: http, port: 80}]\nendpoints: [{addresses: [10.9.9.9]}]\n"
    ),
}


@pytest.mark.parametrize("attack", CAPTURES.values(), ids=CAPTURES.keys())
@pytest.mark.parametrize("client", ["bank", "shop"])
def test_the_calls_of_others_go_where_they_went(attack: str, client: str) -> None:
    """The owner's own calls and a third tenant's, by every name and by the address."""
    there = town(attack)
    for host in (BANK, "pay.bank", "pay.bank.svc", VIP):
        assert there.ends_at(client, f"http://{host}/") == {"bank/pay"}, host
    call = call_to(str(there.pod(client).key), f"http://{BANK}/", "GET", [])
    assert shape_of(explain_call(there.mesh, call)).mtls is True


@pytest.mark.parametrize("host", ["new.bank.svc.cluster.local", "*.bank.svc.cluster.local"])
def test_a_name_that_is_free_is_not_taken_in_advance(host: str) -> None:
    """Nobody waits under another's roof for a service to come."""
    there = town(entry(host))
    for client in ("bank", "shop"):
        assert there.ends_at(client, "http://new.bank.svc.cluster.local/") == set()
    assert there.body("shop", ResourceType.NAMES, "new.bank.svc.cluster.local") == b""


def test_their_own_calls_are_theirs_to_route() -> None:
    """A caller may send its own calls elsewhere, as in Istio with exportTo: ["."]."""
    for attack in (routes(BANK), routes("*.bank.svc.cluster.local")):
        assert town(attack).ends_at("evil", f"http://{BANK}/") == {"evil/trap"}


def test_the_root_namespace_speaks_for_all() -> None:
    """What operators write there holds everywhere."""
    there = town(routes(BANK, namespace="istio-system"))
    for client in ("bank", "shop", "evil"):
        assert there.ends_at(client, f"http://{BANK}/") == {"evil/trap"}


@pytest.mark.parametrize("attack", [routes(BANK), routes(BANK, FOR_ALL), entry(BANK, FOR_BANK)])
def test_the_author_is_told(attack: str) -> None:
    """On the line of the host, as a remark or, where others were asked for, as a warning."""
    (finding,) = [each for each in town(attack).findings if each.code == "foreign-host"]
    assert "belongs to namespace bank" in finding.message
    assert finding.origin.field == "spec.hosts[0]"
    assert finding.severity == ("warning" if "exportTo" in attack else "info")


def test_what_is_not_exported_has_no_endpoints_for_others() -> None:
    """Not by the service's name, its address, the dialled pod, nor the pod's own name."""
    there = town()
    secret = [a for key in ("vault", "db") for a in there.pod("bank", key).addresses]
    vault, db = "vault.bank.svc.cluster.local", "db.bank.svc.cluster.local"
    names = [f"outbound|80||{host}" for host in (vault, db, f"db-0.{db}", "vault.bank")]
    names += [f"outbound|5432||{host}" for host in (vault, db, f"db-0.{db}")]
    names += [f"outbound|80||{vault}|{secret[0]}", f"outbound|5432||{db}|{secret[-1]}"]
    for client in ("evil", "shop"):
        for name in names:
            for kind in (ResourceType.CLUSTER, ResourceType.ENDPOINTS):
                assert there.body(client, kind, name) == b"", (client, kind, name)
        for host in (vault, db, f"db-0.{db}"):
            for port in (80, 5432):
                body = there.body(client, ResourceType.VIRTUAL_HOST, f"{port}/{host}")
                assert f"outbound|{port}||{host}".encode() not in body
    own = there.body("bank", ResourceType.ENDPOINTS, f"outbound|5432||db-0.{db}")
    assert there.pod("bank", "db").addresses[0].encode() in own


def test_no_hint_names_what_is_not_exported() -> None:
    """A mistyped host is answered with near ones that everybody may know."""
    from gossamer.compile.checks.table import check_all

    for host in ("vaul.bank.svc.cluster.local", "vault.shop.svc.cluster.local", "vault"):
        text = routes("trap").replace("trap.evil.svc.cluster.local", host)
        read = read_all([File("town.yaml", f"{TOWN}---\n{text}".encode())])
        mesh, _ = offline_mesh(read)
        mine = [each for each in check_all(mesh, read.contributions) if "trap" in str(each.origin)]
        words = " ".join(f"{f.message} {f.effect} {f.remedy}" for f in mine)
        assert "vault.bank" not in words.replace(host, "")

"""The variables that Kubernetes sets for the Services of a namespace."""

from __future__ import annotations

from gossamer.lab.plan.pod.environment import PodFacts, read_env, resolve
from gossamer.lab.plan.pod.service_links import linked_hosts, service_links
from tests.lab.plan.documents_of import documents_of

TEXT = """
apiVersion: v1
kind: Service
metadata: {name: redis-main}
spec: {ports: [{name: client-a, port: 6379}, {port: 53, name: dns, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: elsewhere}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  containers:
  - name: app
    image: x
    env: [{name: URL, value: "redis://$(REDIS_MAIN_SERVICE_HOST):$(REDIS_MAIN_SERVICE_PORT)"}]
"""
HOST = "redis-main.default.svc.cluster.local"


def test_every_variable_of_kubernetes_and_none_of_other_namespaces() -> None:
    """Headless services and external names have no address, so no variables."""
    documents = documents_of(TEXT)
    assert linked_hosts(documents, "default") == (HOST,)
    assert service_links(documents, "default", {HOST: "10.96.0.7"}) == {
        "REDIS_MAIN_SERVICE_HOST": "10.96.0.7",
        "REDIS_MAIN_SERVICE_PORT": "6379",
        "REDIS_MAIN_SERVICE_PORT_CLIENT_A": "6379",
        "REDIS_MAIN_SERVICE_PORT_DNS": "53",
        "REDIS_MAIN_PORT": "tcp://10.96.0.7:6379",
        "REDIS_MAIN_PORT_6379_TCP": "tcp://10.96.0.7:6379",
        "REDIS_MAIN_PORT_6379_TCP_PROTO": "tcp",
        "REDIS_MAIN_PORT_6379_TCP_PORT": "6379",
        "REDIS_MAIN_PORT_6379_TCP_ADDR": "10.96.0.7",
        "REDIS_MAIN_PORT_53_UDP": "udp://10.96.0.7:53",
        "REDIS_MAIN_PORT_53_UDP_PROTO": "udp",
        "REDIS_MAIN_PORT_53_UDP_PORT": "53",
        "REDIS_MAIN_PORT_53_UDP_ADDR": "10.96.0.7",
    }


def test_a_container_s_own_variables_may_refer_to_them() -> None:
    """`$(REDIS_MAIN_SERVICE_HOST)` in a value, as in Kubernetes; they are not its own values."""
    documents = documents_of(TEXT)
    links = service_links(documents, "default", {HOST: "10.96.0.7"})
    stanza = documents.of("Pod")[0].root.child("spec").children("containers")[0]
    facts = PodFacts("default", "app", "default", {}, {}, ("10.244.0.9",))
    assert resolve(read_env(stanza), facts, documents, links).values == {
        "URL": "redis://10.96.0.7:6379"
    }

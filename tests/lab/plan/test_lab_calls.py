"""Whom a stand-in calls: services that the manifest names, and nobody else."""

from __future__ import annotations

import pytest

from gossamer.lab.plan.documents import LabDocuments
from gossamer.lab.plan.pod.environment import PodFacts
from gossamer.lab.plan.pod.pod import Container, Mount, PodPlan
from gossamer.lab.plan.pod.volumes import FromObject, Volume
from gossamer.lab.plan.stand_ins.calling import ContainerVariables, stand_in_words
from gossamer.lab.plan.stand_ins.mentions import in_variables, in_words
from gossamer.lab.plan.stand_ins.services import ServiceTable
from gossamer.lab.plan.stand_ins.stand_in import StandInPlan, StandInRole
from gossamer.lab.plan.stand_ins.targets import Calls, calls, named_in
from tests.lab.plan.documents_of import documents_of

SERVICES = """
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: grpc, port: 7070}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}, {port: 8443, name: https}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis, namespace: shop}
spec: {selector: {app: redis}, ports: [{port: 6379}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: data}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: tcp-sql, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: queue, namespace: shop}
spec: {selector: {app: queue}, ports: [{port: 5672}, {port: 15672, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: otel, namespace: shop}
spec: {selector: {app: otel}, ports: [{port: 4317}, {port: 6831, protocol: UDP, name: agent}]}
---
apiVersion: v1
kind: Service
metadata: {name: example, namespace: shop}
spec: {type: ExternalName, externalName: example.com, ports: [{port: 80}]}
"""
SHOP, DATA = "shop.svc.cluster.local", "data.svc.cluster.local"


def of_variables(**variables: str) -> Calls:
    return calls(in_variables(variables), ServiceTable(documents_of(SERVICES)), "shop")


def urls(found: Calls) -> list[str]:
    return [url for url, _ in found.called]


@pytest.mark.parametrize(
    ("name", "value", "url"),
    [
        ("CART_ADDR", "cart:7070", f"grpc://cart.{SHOP}:7070"),
        ("CARTSERVICE_HOST", "cart.shop:7070", f"grpc://cart.{SHOP}:7070"),
        ("cart", "cart.shop.svc.cluster.local:7070", f"grpc://cart.{SHOP}:7070"),
        ("WEB_URL", "http://web/api/v1?x=1#top", f"http://web.{SHOP}:80/api/v1?x=1"),
        ("WEB_HOST", "web", f"http://web.{SHOP}:80/"),
        ("web.host", "WEB.SHOP.SVC", f"http://web.{SHOP}:80/"),
        ("webHost", "web", f"http://web.{SHOP}:80/"),
        ("CACHE", "redis://:pass@redis:6379/0", f"redis://redis.{SHOP}:6379"),
        ("REDIS_SERVER", "redis", f"redis://redis.{SHOP}:6379"),
        ("DSN", "root:pw@tcp(redis:6379)/x", f"redis://redis.{SHOP}:6379"),
        ("URI", "jdbc:postgresql://db.data:5432/x?a=b", f"tcp://db.{DATA}:5432"),
        ("URI", "postgres://u:p%40@db.data/x", f"tcp://db.{DATA}:5432"),
        ("DB", "Host=db.data;Username=u;Port=5432", f"tcp://db.{DATA}:5432"),
        ("DB", "host=db-0.db.data user=u", f"tcp://db-0.db.{DATA}:5432"),
        ("QUEUE", "amqp://u:p@queue:5672", f"tcp://queue.{SHOP}:5672"),
        ("BROKERS", "queue:5672,other:9092", f"tcp://queue.{SHOP}:5672"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel:4317", f"grpc://otel.{SHOP}:4317"),
        ("AGENT", "otel:6831", f"udp://otel.{SHOP}:6831"),
    ],
)
def test_a_service_is_found_in_whatever_form_it_is_named(name: str, value: str, url: str) -> None:
    """Called by its whole name, by what its port speaks, and told where it is named."""
    assert of_variables(**{name: value}).called == ((url, f"env {name}"),)


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_SERVICE_NAME": "cart"},
        {"POSTGRES_DB": "db", "QUEUE_TYPE": "redis"},
        {"API_URL": "https://api.example.com/cart:7070/x", "HOST": "0.0.0.0"},
        {"IMAGE": "redis.example.com/web:80"},
        {"EXAMPLE_HOST": "example", "EXAMPLE_URL": "http://example"},
        {"LISTEN": "127.0.0.1:7070", "SELF": "localhost:80", "SIX": "[::1]:80"},
        {"DB_HOST": "db", "OTHER_ADDR": "cart.elsewhere:7070"},
        {"SEARCH": "http://web.example.com http://cart.shop.example.com:7070"},
    ],
)
def test_what_is_no_service_of_the_manifests_is_never_called(variables: dict[str, str]) -> None:
    """Not the internet, not an address, not a mere word, not an ExternalName."""
    assert of_variables(**variables) == Calls()


def test_host_and_port_in_variables_of_their_own_belong_together() -> None:
    """`X_HOST` with `X_PORT`, `X_SERVICE` with `X_SERVICE_PORT`."""
    assert urls(of_variables(QUEUE_HOST="queue", QUEUE_PORT="15672")) == [
        f"http://queue.{SHOP}:15672/"
    ]
    assert urls(of_variables(QUEUE_SERVICE="queue", QUEUE_SERVICE_PORT="15672")) == [
        f"http://queue.{SHOP}:15672/"
    ]


def test_a_port_that_the_service_lacks_is_told_and_not_called() -> None:
    """So is one that speaks TLS; a mere word that has no such port means nothing."""
    found = of_variables(CART="cart:7071", WEB="https://web:8443", WEB_HOST="web", WEB_PORT="1")
    assert found.called == ()
    assert dict(found.not_called) == {
        f"cart.{SHOP}:7071": "Service cart has no port 7071; its ports: 7070",
        f"web.{SHOP}:8443": "port 8443 is declared to speak TLS, which a stand-in does not",
    }


def test_arguments_name_services_too() -> None:
    """`--name=value`, `--name value`, and addresses in any word."""
    words = ["run", "--cart-addr=cart:7070", "--web-host", "web", "-v", "redis:6379"]
    found = calls(in_words(words), ServiceTable(documents_of(SERVICES)), "shop")
    assert found.called == (
        (f"grpc://cart.{SHOP}:7070", "argument --cart-addr"),
        (f"http://web.{SHOP}:80/", "argument --web-host"),
        (f"redis://redis.{SHOP}:6379", "argument --v"),
    )


def test_lab_yaml_adds_calls() -> None:
    """For services that are named in an image only."""
    table = ServiceTable(documents_of(SERVICES))
    found = calls(named_in(["cart", "http://web/x", "redis:6379"]), table, "shop")
    assert urls(found) == [
        f"grpc://cart.{SHOP}:7070",
        f"http://web.{SHOP}:80/x",
        f"redis://redis.{SHOP}:6379",
    ]


CONFIG = """
---
apiVersion: v1
kind: ConfigMap
metadata: {name: nginx, namespace: shop}
data:
  default.conf: |
    # upstream old { server queue:5672; }
    location / { proxy_pass http://web; }
"""


def words_of(documents: LabDocuments, variables: ContainerVariables) -> tuple[str, ...]:
    at = documents.of("ConfigMap")[0].root
    volume = Volume("conf", (FromObject("ConfigMap", "nginx", (), False, at),))
    plan = StandInPlan(StandInRole.ONCE, "x/cart:2", ("--redis", "$(REDIS_SERVICE_HOST):6379"))
    app = Container("app", "x/cart:2", None, mounts=(Mount("conf", "/etc/nginx"),), stand_in=plan)
    pod = PodPlan("shop", "cart-0", "cart", "Job", "t", labels={"app": "cart"}, volumes=(volume,))
    facts = PodFacts("shop", "cart-0", "default", pod.labels, {}, ("10.244.0.9",))
    addresses = {f"redis.{SHOP}": "10.96.0.7"}
    return stand_in_words(app, pod, facts, variables, documents, addresses)


def test_the_whole_command_line_of_a_stand_in() -> None:
    """Mounted ConfigMaps without their comments, cluster IPs of Kubernetes' own variables, and
    never the Services that the pod is behind itself."""
    own = {"SELF_ADDR": "cart:7070"}
    all_variables = {**own, "REDIS_SERVICE_HOST": "10.96.0.7"}
    words = words_of(documents_of(SERVICES + CONFIG), ContainerVariables(all_variables, own))
    assert words == (
        *("--named", "cart", "--namespace", "shop", "--container", "app", "--image", "x/cart:2"),
        *("--version", "2"),
        *("--call", f"redis://redis.{SHOP}:6379", "argument --redis"),
        *("--call", f"http://web.{SHOP}:80/", "file /etc/nginx/default.conf"),
        "--once",
    )

"""A pipeline with a few services and a client, driven by texts and observed pods."""

from __future__ import annotations

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, PodPort, ProxyRole
from gossamer.plane.resources.proxy_subscription import ProxySubscription
from gossamer.store.document import Document, DocumentKey
from tests.plane.rooted_pipeline import rooted_pipeline

FQDN = "{}.default.svc.cluster.local"


def service(name: str) -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: default}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
"""


def split(weight: int) -> str:
    return f"""
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: reviews, namespace: default}}
spec:
  hosts: [reviews]
  http:
  - route:
    - destination: {{host: reviews}}
      weight: {weight}
    - destination: {{host: ratings}}
      weight: {100 - weight}
"""


def pod(name: str, app: str, address: str, ready: bool = True) -> Pod:
    return Pod(
        "default",
        name,
        app,
        (address,),
        labels({"app": app}),
        ready=ready,
        role=ProxyRole.SIDECAR,
        ports=(PodPort("http", 8080),),
        host="here",
    )


class Told:
    """Remembers what a standing was told."""

    def __init__(self) -> None:
        self.names: list[tuple[ResourceType, str]] = []

    def __call__(self, kind: ResourceType, names: tuple[str, ...]) -> None:
        self.names += [(kind, name) for name in names]

    def taken(self) -> set[tuple[ResourceType, str]]:
        taken, self.names = set(self.names), []
        return taken


class Mesh:
    """A pipeline with a few services, and a proxy that uses one of them."""

    def __init__(self) -> None:
        self.pipeline = rooted_pipeline()
        self.apply(*(service(name) for name in ("reviews", "ratings", "details")))
        self.observe(pod("client", "client", "10.244.0.9"), pod("r-1", "reviews", "10.244.0.2"))
        self.told = Told()
        self.subscription: ProxySubscription = self.pipeline.stand("default/client", self.told)

    def apply(self, *texts: str) -> int:
        documents = {}
        for text in texts:
            lines = text.split("kind: ")[1].split("\n")[0]
            name = text.split("name: ")[1].split(",")[0]
            group = "networking.istio.io/" if lines == "VirtualService" else ""
            key = DocumentKey(f"{group}{lines}", "default", name)
            documents[key] = Document(key, text.encode(), "test.yaml")
        return self.pipeline.absorb(documents)

    def observe(self, *pods: Pod) -> int:
        return self.pipeline.advance({}, observed_pods(pods))

    def use(self, host: str) -> None:
        for kind, name in (
            (ResourceType.VIRTUAL_HOST, f"80/{host}"),
            (ResourceType.CLUSTER, f"outbound|80||{FQDN.format(host)}"),
            (ResourceType.ENDPOINTS, f"outbound|80||{FQDN.format(host)}"),
        ):
            assert self.subscription.get(kind, name) is not None

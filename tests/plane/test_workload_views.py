"""A policy with a selector tells workloads apart that shared their filters' configurations."""

from __future__ import annotations

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.observed import observed_pods
from gossamer.model.workload.labels import labels
from gossamer.model.workload.pod import Pod, ProxyRole
from gossamer.plane.resources.proxy_subscription import ProxySubscription
from gossamer.store.document import Document, DocumentKey
from tests.plane.rooted_pipeline import rooted_pipeline

NAME = "server|access_log|http"
KEY = DocumentKey("telemetry.istio.io/Telemetry", "default", "quiet")
TEXT = """
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: quiet}
spec:
  selector: {matchLabels: {app: web}}
  accessLogging: [{disabled: true}]
"""


def test_only_the_selected_workload_is_told() -> None:
    """Its proxy is notified of another configuration; the one beside it keeps what it had."""
    pipeline = rooted_pipeline()
    pods = [
        Pod("default", app, app, (f"10.244.0.{at}",), labels({"app": app}), role=ProxyRole.SIDECAR)
        for at, app in enumerate(("web", "other"), start=9)
    ]
    pipeline.advance({}, observed_pods(pods))
    notified: list[tuple[str, tuple[str, ...]]] = []

    def stand(pod: Pod) -> ProxySubscription:
        return pipeline.stand(pod.key, lambda kind, names: notified.append((pod.name, names)))

    web, other = map(stand, pods)
    before = web.get(ResourceType.EXTENSION, NAME)
    assert other.get(ResourceType.EXTENSION, NAME) is before
    pipeline.absorb({KEY: Document(KEY, TEXT.encode(), "quiet.yaml")})
    assert notified == [("web", (NAME,))]
    assert other.get(ResourceType.EXTENSION, NAME) == before
    assert web.get(ResourceType.EXTENSION, NAME) != before
    pipeline.absorb({KEY: None})
    assert notified == [("web", (NAME,))] * 2
    assert web.get(ResourceType.EXTENSION, NAME) == before

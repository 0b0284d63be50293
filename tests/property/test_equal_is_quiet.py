"""What is equal is not pushed again."""

from __future__ import annotations

from gossamer.compile.engine.resource_type import ResourceType
from gossamer.model.observed import observed_pods
from gossamer.plane.documents import read_files
from gossamer.store.document import Document, DocumentKey, document_of
from gossamer.store.paths import File
from tests.plane.rooted_pipeline import rooted_pipeline
from tests.poison.thousand import gateway_pod, healthy


def documents(text: str) -> dict[DocumentKey, Document]:
    reading = read_files([File("mesh.yaml", text.encode())])
    return {document.key: document for document in map(document_of, reading.manifests)}


def test_applying_a_thousand_equal_documents_again_pushes_nothing() -> None:
    """Neither the same files, nor the same objects further down, compile or tell anything."""
    text = healthy(8080, "192.0.2.1", 80)
    pipeline = rooted_pipeline()
    pipeline.advance({}, observed_pods([gateway_pod()]))
    pipeline.absorb(documents(text))
    told: list[tuple[ResourceType, tuple[str, ...]]] = []
    subscription = pipeline.stand(gateway_pod().key, lambda kind, names: told.append((kind, names)))
    for kind in (ResourceType.LISTENER, ResourceType.CLUSTER):
        assert all(subscription.get(kind, name) for name in subscription.held(kind))
    assert subscription.get(ResourceType.ROUTE, "gateway|8080")
    turn = pipeline.turn
    assert pipeline.absorb(documents(text)) == 0
    assert pipeline.absorb(documents(f"\n\n\n{text}")) == 0
    assert told == []
    assert pipeline.turn == turn

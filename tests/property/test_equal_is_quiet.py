"""What is equal is not pushed again."""

from __future__ import annotations

from thousand import gateway_pod, healthy

from gossamer.compile.kinds import Kind
from gossamer.plane.documents import read_files
from gossamer.plane.pipeline import Pipeline
from gossamer.store.document import Document, Key, document_of
from gossamer.store.paths import File


def documents(text: str) -> dict[Key, Document]:
    reading = read_files([File("mesh.yaml", text.encode())])
    return {document.key: document for document in map(document_of, reading.manifests)}


def test_applying_a_thousand_equal_documents_again_pushes_nothing() -> None:
    """Neither the same files, nor the same objects further down, compile or tell anything."""
    text = healthy(8080, "192.0.2.1", 80)
    pipeline = Pipeline(b"roots")
    pipeline.advance({}, {gateway_pod().key: gateway_pod()})
    pipeline.absorb(documents(text))
    told: list[tuple[Kind, tuple[str, ...]]] = []
    standing = pipeline.stand(gateway_pod().key, lambda kind, names: told.append((kind, names)))
    for kind in (Kind.LISTENER, Kind.CLUSTER):
        assert all(standing.get(kind, name) for name in standing.held(kind))
    assert standing.get(Kind.ROUTE, "gateway|8080")
    turn = pipeline.turn
    assert pipeline.absorb(documents(text)) == 0
    assert pipeline.absorb(documents(f"\n\n\n{text}")) == 0
    assert told == []
    assert pipeline.turn == turn

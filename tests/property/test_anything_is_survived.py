"""Whatever people feed the plane, it reads, assembles, checks and compiles, and never stumbles."""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from gossamer.model.observed import observed_pods
from gossamer.plane.documents import read_files
from gossamer.plane.pipeline import Pipeline
from gossamer.store.document import Document, DocumentKey, document_of
from gossamer.store.paths import File
from tests.plane.rooted_pipeline import rooted_pipeline
from tests.property.everything import PODS, compile_everything
from tests.property.mutants import mutated, text_of, valid

VALID = valid()
EXAMPLES = int(os.environ.get("GOSSAMER_EXAMPLES", "50"))
RELAXED = settings(
    deadline=None, suppress_health_check=list(HealthCheck), max_examples=EXAMPLES * 4
)
ANY_TEXT = strategies.text() | strategies.text(
    strategies.sampled_from("abc:-[]{}&*!|>%@`'\"#,? \n\t\r\0\u00e9\ufeff~0")
)


def with_all_valid() -> Pipeline:
    """A plane with one full document of each kind, and three proxies' pods."""
    pipeline = rooted_pipeline()
    pipeline.advance({}, observed_pods(PODS))
    store(pipeline, "\n---\n".join(map(text_of, VALID.values())).encode())
    return pipeline


def store(pipeline: Pipeline, raw: bytes) -> None:
    """Take a file in as `apply` does."""
    reading = read_files([File("any.yaml", raw)])
    pipeline.absorb({document.key: document for document in map(document_of, reading.manifests)})
    told = {finding.code for finding in reading.findings}
    assert "reader-failed" not in told


@RELAXED
@given(
    strategies.binary(max_size=4000) | ANY_TEXT.map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes(raw: bytes) -> None:
    """Bytes in a file or in a store are manifests or findings, and nothing else."""
    pipeline = rooted_pipeline()
    store(pipeline, raw)
    key = DocumentKey("Service", "default", "any")
    pipeline.absorb({key: Document(key, raw, "any.yaml")})
    pipeline.findings()
    compile_everything(pipeline.mesh)


@pytest.mark.parametrize("kind", VALID)
def test_any_mutation_of_a_document(kind: str) -> None:
    """Each field dropped, nulled, retyped, duplicated, swapped or enlarged, beside all others."""
    pipeline = with_all_valid()
    assert compile_everything(pipeline.mesh) > 30

    @settings(RELAXED, max_examples=EXAMPLES)
    @given(strategies.integers(0, 2**32), strategies.integers(1, 4))
    def survives(seed: int, wrongs: int) -> None:
        body = mutated(Random(seed), VALID[kind], wrongs)
        store(pipeline, text_of(body).encode("utf-8", "replace"))
        for finding in pipeline.findings():
            assert finding.message
            assert finding.code != "reader-failed"
        compile_everything(pipeline.mesh)

    survives()

"""Load: 5,000 documents from text to mesh, and what that leaves for the garbage collector."""

from __future__ import annotations

import argparse
import gc
import os
import time
from typing import Any

from bench import mesh
from bench.report import tell
from bench.usage import usage
from gossamer.manifests.read import read_text
from gossamer.plane.documents import read_files
from gossamer.plane.pipeline import Pipeline
from gossamer.store.document import document_of
from gossamer.store.paths import File


def main() -> None:
    """Read services and VirtualServices, half of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    count = parser.parse_args().documents
    tell("load", list(run(count)), documents=count)


def run(count: int) -> list[dict[str, Any]]:
    """One row a step, in CPU seconds of this process."""
    text = (mesh.services(count // 2) + "---\n" + mesh.routes(count // 2)).encode()
    rows: list[dict[str, Any]] = []

    def step(name: str, began: float) -> None:
        rss = usage(os.getpid()).rss
        rows.append({"step": name, "cpu_s": round(time.process_time() - began, 3), "rss_mib": rss})

    began = time.process_time()
    read_text(text, "all.yaml")
    step("text to manifests", began)
    began = time.process_time()
    reading = read_files([File("all.yaml", text)])
    step("text to manifests, and their dialects", began)
    documents = {each.key: each for each in map(document_of, reading.manifests)}
    began = time.process_time()
    Pipeline().absorb(documents)
    step("a plane's start: stored documents to mesh", began)
    pipeline = Pipeline()
    pipeline.absorb(documents)
    began = time.process_time()
    gc.collect()
    step("one full collection", began)
    gc.freeze()
    began = time.process_time()
    gc.collect()
    step("one full collection, frozen", began)
    gc.unfreeze()
    return rows

"""A folder as a store, and the paths that people name."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from gossamer.store.directory import DirectoryStore
from gossamer.store.document import Document, DocumentKey
from gossamer.store.failure import Compacted, StoreReadOnly
from gossamer.store.paths import PathProblem, read_paths


def _service(name: str, extra: str = "") -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n{extra}"


async def test_a_folder_lists_its_manifests_and_tells_edits(tmp_path: Path) -> None:
    """Each listing sees the files as they are; a watch is told what changed between two."""
    (tmp_path / "a.yaml").write_text(_service("a") + "---\n" + _service("b"))
    store = DirectoryStore(tmp_path)
    first = await store.list()
    assert [(d.key.name, d.line) for d in first.documents] == [("a", 1), ("b", 5)]
    assert (await store.list()) == first
    (tmp_path / "a.yaml").write_text(_service("a", "spec: {}\n"))
    await store.list()
    events = store.watch(first.revision)
    told = [await anext(events), await anext(events)]
    assert [(e.key.name, e.document is not None) for e in told] == [("a", True), ("b", False)]
    await store.close()


async def test_a_folder_is_never_written(tmp_path: Path) -> None:
    """The refusal says whose the folder is."""
    store = DirectoryStore(tmp_path)
    assert (await store.list()).documents == ()
    with pytest.raises(StoreReadOnly, match="read, never written"):
        await store.put(Document(DocumentKey("Service", "default", "a"), b"", "f"))
    with pytest.raises(Compacted):
        await anext(store.watch(5))


def test_paths_are_files_folders_and_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders are walked in a fixed order, hidden and foreign files left out, each file once."""
    for name in ("b.yaml", "a.yml", "deep/c.json", "deep/README.md", ".git/x.yaml", ".d.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"from stdin")))
    files = read_paths([str(tmp_path / "b.yaml"), str(tmp_path), "-"])
    assert [file.raw for file in files] == [b"b.yaml", b"a.yml", b"deep/c.json", b"from stdin"]
    assert files[-1].name == "-"


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    """A typing error in a path is no empty mesh."""
    with pytest.raises(PathProblem, match=r"nothere\.yaml: no such file or folder"):
        read_paths([str(tmp_path / "nothere.yaml")])


def test_a_folder_without_manifests_is_named(tmp_path: Path) -> None:
    """Naming the wrong folder is told."""
    with pytest.raises(PathProblem, match=r"no \.yaml, \.yml, \.json file"):
        read_paths([str(tmp_path)])


def test_a_file_that_is_too_big_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file can fill the memory."""
    monkeypatch.setattr("gossamer.store.paths.CAPS", SimpleNamespace(file_bytes=4))
    (tmp_path / "a.yaml").write_text("12345")
    with pytest.raises(PathProblem, match="bigger than 4 bytes"):
        read_paths([str(tmp_path / "a.yaml")])

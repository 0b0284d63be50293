"""lab.yaml: what it may say, and what is told of what it may not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gossamer.lab.files import Files, read_files
from gossamer.lab.lab_file import LabFile, read_lab_file
from gossamer.lab.plan.image_rules import ImageRule
from gossamer.model.finding import Severity
from gossamer.store.paths import PathProblem

GOOD = b"""\
stand-in: true
images:
  "registry.example/tools/*": sleep infinity
  cart: stand-in
  mongo:
    ports: [27017, 5353/udp]
    calls: [catalogue, "carts:80"]
  server: {run: ./server -v, ports: [80]}
"""


def test_everything_that_it_may_say() -> None:
    """Commands, the word stand-in, ports and calls."""
    lab, findings = read_lab_file(GOOD, "lab.yaml")
    assert findings == ()
    assert lab == LabFile(
        (
            ImageRule("registry.example/tools/*", "sleep infinity"),
            ImageRule("cart", "stand-in"),
            ImageRule(
                "mongo", "stand-in", ((27017, "TCP"), (5353, "UDP")), ("catalogue", "carts:80")
            ),
            ImageRule("server", "./server -v", ((80, "TCP"),)),
        ),
        stand_in=True,
    )
    assert msgspec.json.decode(msgspec.json.encode(lab), type=LabFile) == lab


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\nimags: {a: b}", 2, ("imags", "images")),
        ("images:\n  a:\n    stand-in: true\n    port: [80]", 4, ("port", "ports")),
        ("images: [a, b]", 1, ("images", "list")),
        ("stand-in: maybe", 1, ("stand-in", "maybe")),
        ("images:\n  a: 7", 2, ("7",)),
        ("images:\n  a:\n    ports: [99999]", 3, ("99999", "port")),
        ("images:\n  a:\n    ports: 80", 3, ("80", "list")),
        ("images:\n  a: {run: x, calls: [b]}", 2, ("calls", "run")),
        ("images:\n  a: {run: x, stand-in: true}", 2, ("run", "stand-in")),
        ("images:\n  a: x\n  a: y", 3, ("a",)),
        ("- a", 1, ("mapping",)),
        ("a: [", 2, ("a",)),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, words: tuple[str, ...]) -> None:
    """And with the near name, where there is one."""
    _, (finding, *_) = read_lab_file(text.encode(), "x/lab.yaml")
    told = f"{finding.message} {finding.remedy}"
    assert (finding.origin.file, finding.origin.line) == ("x/lab.yaml", line)
    assert [word for word in words if word not in told] == []


def test_an_empty_file_says_nothing() -> None:
    """As one with comments alone."""
    assert read_lab_file(b"# nothing\n", "lab.yaml") == (LabFile(), ())


def test_up_reads_it_beside_the_manifests(tmp_path: Path) -> None:
    """A doubt is told; an error keeps everything from starting, with file and line."""
    (tmp_path / "app.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: a}}")
    (tmp_path / "lab.yaml").write_text("stand-in: true\nstandin: true\n")
    files = read_files([str(tmp_path / "app.yaml")])
    assert files.lab.stand_in
    assert [each.severity for each in files.passed_by] == [Severity.WARNING]
    assert Files.decode(files.encoded()).lab == files.lab
    (tmp_path / "lab.yaml").write_text("stand-in: maybe\n")
    with pytest.raises(PathProblem, match=r"lab\.yaml:1: .*Nothing is done"):
        read_files([str(tmp_path)])

"""A finding as people read it: the line of their file, and a caret under what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.cli.commands.manifests.analyze import finding_lines

LINE = "spec: {hosts: [a], http: [{route: [{destination: {host: a}}]}]}"


@pytest.mark.parametrize(
    ("text", "field", "under"),
    [
        (LINE, "spec.http[0].route[0]", "route"),
        (LINE, "spec.hosts[0]", "hosts"),
        (LINE, "spec.http[0].route[0].destination.host", "host:"),
        ("    host: [host]", "spec.host", "host:"),  # twice in its line: where the text begins
        ("  hosts: [a]", "", "hosts"),
        ('  "tls.crt": foo', 'data["tls.crt"]', '"tls.crt"'),
    ],
)
def test_the_caret_stands_under_the_field(
    tmp_path: Path, text: str, field: str, under: str
) -> None:
    """Where its name is there once; else at the first word of the line."""
    file = tmp_path / "mesh.yaml"
    file.write_text(f"a: b\n{text}\n")
    words = {"severity": "error", "message": "m", "code": "c", "object": "o", "effect": "e"}
    told = {**words, "remedy": "r", "file": str(file), "line": 2, "field": field}
    shown, caret = list(finding_lines(told))[2:4]
    assert shown.endswith(text)
    assert caret.index("^") == shown.index(under, shown.index("|"))

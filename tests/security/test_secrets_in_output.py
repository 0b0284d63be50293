"""What stands in a Secret never stands in a finding: findings end in logs that many read."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from click.testing import CliRunner

from gossamer.cli.main import cli
from gossamer.plane.api.shapes import finding_row
from gossamer.plane.documents import read_files
from gossamer.store.paths import File

MARK = "hunter2"
HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"

SECRETS = {
    "a value twice": "stringData:\n  a: hunter2\n  a: hunter2\n",
    "a character that starts no token": "stringData:\n  a: @hunter2\n",
    "a quote that nobody closes": 'stringData:\n  a: "hunter2\ndata: {}\n',
    "a colon in a value": "stringData:\n  a: user: hunter2\n",
    "a block scalar that ends early": "stringData:\n  a: |\n     one\n   hunter2\n",
    "a tag": "stringData:\n  a: !hunter2 b\n",
    "an alias of nothing": "stringData:\n  a: *hunter2\n",
    "flow style": "stringData: {tls.crt: hunter2, tls.key: hunter2}\ntype: kubernetes.io/tls\n",
    "an unknown field": "stringDatas: hunter2\n",
    "base64 that is none": "type: kubernetes.io/tls\ndata: {tls.crt: hunter2!}\n",
    "an infinity": "stringData: {a: .inf, b: hunter2}\n",
    "a value where a name belongs": "stringData: {name: hunter2\n",
    "a field of metadata": "extra: {name: hunter2}\nstringData: [hunter2\n",
}
ANNOTATED = """
    apiVersion: v1
    kind: Secret
    metadata:
      name: db
      labels: {a: 5}
      annotations:
        a: 7
        kubectl.kubernetes.io/last-applied-configuration: {stringData: hunter2}
"""


@pytest.fixture
def said(tmp_path: Path) -> str:
    """Nothing yet: the name by which a test's file is known."""
    return str(tmp_path / "secret.yaml")


def analyzed(file: str, text: str) -> str:
    """What `analyze` writes of a text, for people and for programs; it has something to say."""
    Path(file).write_text(text)
    runner = CliRunner()
    people = runner.invoke(cli, ["analyze", file]).output
    programs = runner.invoke(cli, ["analyze", file, "-o", "json"]).output
    assert "remedy" in people
    assert '"remedy"' in programs
    return people + programs


@pytest.mark.parametrize("body", SECRETS.values(), ids=SECRETS.keys())
def test_no_finding_shows_a_value_of_a_secret(said: str, body: str) -> None:
    """Neither in its message, nor in the source line, nor as the name of the object."""
    assert MARK not in analyzed(said, HEAD + body)


@pytest.mark.parametrize("body", SECRETS.values(), ids=SECRETS.keys())
def test_nor_of_a_secret_in_a_list(said: str, body: str) -> None:
    """A `List` is as private as what it holds."""
    inside = indent(HEAD + body, "    ").replace("    apiVersion", "  - apiVersion", 1)
    assert MARK not in analyzed(said, f"apiVersion: v1\nkind: List\nitems:\n{inside}  - oops\n")


@pytest.mark.parametrize(
    "kind",
    [
        "kind: secret",
        "kind: Secrets",
        "? kind\n: Secret",
        'kind: "\\x53ecret"',
        "kind: !!str Secret",
    ],
)
def test_nor_where_its_kind_is_written_oddly(said: str, kind: str) -> None:
    """A misspelt Secret is a secret all the same."""
    text = (
        f"apiVersion: v1\n{kind}\nmetadata: {{name: db, labels: 5}}\nstringData: {{a: hunter2}}\n"
    )
    assert MARK not in analyzed(said, text.replace("labels: 5", "labels: hunter2"))


def test_nor_of_its_annotations(said: str) -> None:
    """kubectl keeps a copy of the whole object in one of them."""
    assert MARK not in analyzed(said, dedent(ANNOTATED))


def test_what_the_plane_answers_has_no_value_either() -> None:
    """`apply`, `plan` and the page read the same findings from the API."""
    for body in SECRETS.values():
        told = read_files([File("secret.yaml", (HEAD + body).encode())]).findings
        assert told
        assert MARK not in repr([finding_row(finding) for finding in told])


def test_lines_of_other_objects_are_shown(said: str) -> None:
    """Hiding a Secret hides nothing of its neighbours, nor of those that only name one."""
    text = HEAD + (
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g}\n"
        "spec: {gatewayClassName: [x], listeners: [{name: a, port: 443, protocol: HTTPS,\n"
        "  tls: {certificateRefs: [{kind: Secret, name: c}]}}]}\n"
    )
    assert "gatewayClassName: [x]" in analyzed(said, text)

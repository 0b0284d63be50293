"""`-n` puts a namespace into objects that name none, and moves no line."""

from __future__ import annotations

import pytest

from gossamer.cli.offline.in_namespace import NamespaceClash, with_namespace
from gossamer.manifests.read import read_text

BLOCK = """\
apiVersion: v1
kind: ConfigMap
metadata:
  # who reads it
  name: web
  labels:
    app: web
    odd: "1"
    list: a, b
  annotations:
    note: |
      two
      lines
data: {key: value}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
"""


def put(text: str) -> str:
    return with_namespace(text.encode(), "shop", "a.yaml").decode()


def test_objects_get_the_namespace_and_lines_stay() -> None:
    """In block and in flow; values, types and the lines of all other fields are the same."""
    manifests, findings = read_text(put(BLOCK), "a.yaml")
    assert not findings
    assert [each.namespace for each in manifests] == ["shop", "shop"]
    before, _ = read_text(BLOCK, "a.yaml")
    for old, new in zip(before, manifests, strict=True):
        assert (new.labels, new.annotations) == (old.labels, old.annotations)
        assert new.source.first_line == old.source.first_line
    for field in ("data", "metadata"):
        assert manifests[0].origin((field,)).line == before[0].origin((field,)).line
    assert manifests[1].origin(("spec",)).line == before[1].origin(("spec",)).line


def test_types_are_not_mended() -> None:
    """A label that is a number stays one, and a text with a comma is quoted."""
    text = "kind: ConfigMap\nmetadata:\n  name: web\n  labels:\n    app: 1\n    b: c, d\n"
    flow = '  {namespace: shop, name: web, labels: {app: 1, b: "c, d"}}'
    assert put(text).splitlines() == ["kind: ConfigMap", "metadata:", flow, "", "", ""]


def test_a_list_is_unfolded() -> None:
    """Each of its items is an object."""
    text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        f"- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: {name}\n" for name in "ab"
    )
    manifests, findings = read_text(put(text), "a.yaml")
    assert not findings
    assert [(each.namespace, each.name) for each in manifests] == [("shop", "a"), ("shop", "b")]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n",
        "not: [closed",
        "",
        "just text",
    ],
)
def test_what_needs_none_is_left_alone(text: str) -> None:
    """Kinds without a namespace, objects in it already, and what is no manifest."""
    assert put(text) == text


def test_another_namespace_is_an_error_with_its_line() -> None:
    """As kubectl has it: nothing is moved by a flag."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: other\n"
    with pytest.raises(NamespaceClash, match=r"a\.yaml:5: ConfigMap web names namespace 'other'"):
        put(text)


def test_anchors_are_not_torn_apart() -> None:
    """What another object refers to cannot be written anew."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  labels: &l {app: web}\n"
    with pytest.raises(NamespaceClash, match="anchor"):
        put(text)

"""Text into manifests: what is read, what is refused, and on which line."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings, strategies

from gossamer.manifests.manifest import Manifest, plain
from gossamer.manifests.read import read_text
from gossamer.manifests.yaml.caps import Caps
from gossamer.manifests.yaml.scalars import BareWord
from gossamer.model.finding import Finding

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: reviews
  labels: {app: reviews}
spec:
  ports:
  - port: 9080
    name: http
"""


def _body(text: str) -> dict[str, object]:
    manifests, findings = read_text(
        f"apiVersion: v1\nkind: Thing\nmetadata: {{name: a}}\n{text}", "f"
    )
    assert findings == ()
    value = plain(manifests[0].body)
    return {key: value[key] for key in value if key not in ("apiVersion", "kind", "metadata")}


def _only_finding(text: str | bytes, caps: Caps | None = None) -> Finding:
    manifests, findings = read_text(text, "f") if caps is None else read_text(text, "f", caps)
    assert manifests == ()
    (finding,) = findings
    return finding


def test_an_object_has_its_names_body_and_lines() -> None:
    """Every field's line is known, a missing one has its parent's."""
    (service,), findings = read_text(SERVICE, "mesh.yaml")
    assert findings == ()
    assert (service.api_version, service.kind, service.namespace, service.name) == (
        "v1",
        "Service",
        "default",
        "reviews",
    )
    assert service.labels == {"app": "reviews"}
    assert service.source.line(("spec", "ports", 0, "name")) == 9
    assert service.source.line(("spec", "ports", 0, "targetPort")) == 8
    assert service.source.line(("spec",)) == 6
    origin = service.origin(("spec", "ports", 0, "name"))
    assert str(origin) == "mesh.yaml:9 Service default/reviews spec.ports[0].name"


def test_a_moved_object_is_an_equal_manifest() -> None:
    """Lines stand beside the value: moving text changes nothing that is compared."""
    here, _ = read_text(SERVICE, "a.yaml")
    there, _ = read_text(f"# a comment\n\n---\n{SERVICE}", "b.yaml")
    assert here == there
    assert there[0].source.line(("kind",)) == 5


def test_bodies_cannot_be_changed() -> None:
    """What one reader was given, no other reader can alter."""
    (service,), _ = read_text(SERVICE, "f")
    assert isinstance(service.body, MappingProxyType)
    assert isinstance(service.body["spec"]["ports"], tuple)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("010", 8),
        ("0o10", 8),
        ("08", 8),
        ("0x1F", 31),
        ("0b101", 5),
        ("1_000", 1000),
        ("+5", 5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1e400", "1e400"),
        ("99999999999999999999", 1e20),
        ("18446744073709551615", 18446744073709551615),
        ("2001-01-01", "2001-01-01"),
        ("12:30", "12:30"),
        ("190:20:30", "190:20:30"),
        ("~", None),
        ("", None),
        ("Null", None),
        ("True", True),
        ("tRUE", "tRUE"),
        ("=", "="),
        ("0x", "0x"),
        ("1.2.3", "1.2.3"),
        ("'010'", "010"),
        ('"true"', "true"),
        ("!!str 5", "5"),
    ],
)
def test_scalars_read_as_kubernetes_reads_them(written: str, value: object) -> None:
    """Each value is what sigs.k8s.io/yaml 1.6 makes of the same text."""
    found = _body(f"a: {written}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("word", ["on", "Yes", "y", "off", "N"])
def test_the_boolean_words_of_yaml_keep_their_text(word: str) -> None:
    """They stay strings, and still know that Kubernetes would call them booleans."""
    (thing,), _ = read_text(f"apiVersion: v1\nkind: T\nmetadata: {{name: a}}\na: {word}\n", "f")
    assert thing.body["a"] == word
    assert isinstance(thing.body["a"], BareWord)
    assert thing.body["a"].truth == (word in ("on", "Yes", "y"))


def test_keys_become_strings() -> None:
    """Numbers and booleans as keys are strings, as in JSON; y and on keep their letters."""
    assert _body("m: {1: a, true: b, 1.5: c, y: d, on: e}") == {
        "m": {"1": "a", "true": "b", "1.5": "c", "y": "d", "on": "e"}
    }


def test_merge_keys_take_in_what_is_not_set() -> None:
    """`<<` works as people expect, whatever the order of the keys."""
    assert _body("x: &x {a: 1, b: 2}\ny: {a: 3, <<: *x}")["y"] == {"a": 3, "b": 2}


def test_json_is_read_too() -> None:
    """JSON with tabs, escapes and surrogate pairs is as good as YAML, with lines."""
    text = '{\n\t"apiVersion": "v1",\n\t"kind": "Thing",\n\t"metadata": {"name": "a"},\n'
    (thing,), findings = read_text(text + '\t"a": "\\ud83d\\ude00 \\/ \\\\ud83d"\n}\n', "f.json")
    assert findings == ()
    assert thing.body["a"] == "😀 / \\ud83d"
    assert thing.source.line(("a",)) == 5


def test_a_byte_order_mark_and_windows_newlines_are_no_matter() -> None:
    """Files out of Windows editors read like any other."""
    (service,), findings = read_text(b"\xef\xbb\xbf" + SERVICE.replace("\n", "\r\n").encode(), "f")
    assert findings == ()
    assert service.source.line(("spec", "ports", 0, "name")) == 9


def test_namespaces_default_and_cluster_scoped_kinds_have_none() -> None:
    """A namespaced object without one is in default, a GatewayClass is in none."""
    text = """
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: mesh, namespace: ignored}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
"""
    (gateway_class, route), _ = read_text(text, "f")
    assert str(gateway_class.ref) == "GatewayClass mesh"
    assert str(route.ref) == "VirtualService shop/reviews"
    assert route.group_kind == "networking.istio.io/VirtualService"


def test_lists_unfold_and_keep_their_lines() -> None:
    """Each item of a List is an object, and its own text reads to the same with equal lines."""
    text = """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: a
  spec: {wanted: on, text: "on",
    ports: [1,
      2]}
- apiVersion: v1
  kind: Service
  metadata: {name: b}
"""
    manifests, findings = read_text(text, "f")
    assert findings == ()
    assert [manifest.name for manifest in manifests] == ["a", "b"]
    assert manifests[0].source.line(("spec", "ports", 1)) == 10
    for manifest in manifests:
        _assert_reads_back(manifest)


def test_items_of_a_typed_list_take_its_type() -> None:
    """A ServiceList's items may leave out that they are Services."""
    (service,), _ = read_text(
        "apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: a}\n", "f"
    )
    assert str(service.ref) == "Service default/a"
    _assert_reads_back(service)


def _assert_reads_back(manifest: Manifest) -> None:
    again, findings = read_text(
        manifest.text, manifest.source.file, first_line=manifest.source.first_line
    )
    assert findings == ()
    assert again == (manifest,)
    for path in (("metadata",), ("spec",), ("spec", "ports", 0), ("spec", "http", 0, "route")):
        assert again[0].source.line(path) == manifest.source.line(path)


@pytest.mark.parametrize(
    ("poison", "line", "code"),
    [
        ("a: [1, 2", 3, "invalid-yaml"),
        ("a: 1\nb: {c: 1, c: 2}", 3, "duplicate-key"),
        ("a:\n\tb: 1", 3, "invalid-yaml"),
        ('a: "x\\0y"', 2, "not-utf8"),
        ("a: x\0y", 2, "not-utf8"),
        ("a: *nothing", 2, "invalid-yaml"),
        ("a: &a [*a]", 2, "invalid-yaml"),
        ("a: .nan", 2, "invalid-yaml"),
        ("a: !!binary aGk=", 2, "invalid-yaml"),
        ("? [a]\n: b", 2, "invalid-yaml"),
        ("~: b", 2, "invalid-yaml"),
        ("- a", 2, "not-a-manifest"),
        ("just text", 2, "not-a-manifest"),
        ("kind: Service", 2, "missing-field"),
        ("apiVersion: v1\nkind: Service\nmetadata: {}", 4, "missing-field"),
        ("apiVersion: v1\nkind: service\nmetadata: {name: a}", 3, "invalid-field"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: A_b}", 4, "invalid-name"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: ../../etc}", 4, "invalid-name"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: 2048-game}", 4, "invalid-name"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: a.b}", 4, "invalid-name"),
        ("apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {v: 1}}", 4, "wrong-type"),
        ("apiVersion: v1\nkind: Service\nmetadata: [a]", 4, "wrong-type"),
        ("a: {{ .Values.name }}", 2, "helm-template"),
    ],
)
def test_one_bad_document_rejects_only_itself(poison: str, line: int, code: str) -> None:
    """Its neighbours before and after are read; the finding stands on the very line."""
    manifests, findings = read_text(f"---\n{poison}\n---\n{SERVICE}", "f")
    assert [manifest.name for manifest in manifests] == ["reviews"]
    assert {(finding.code, finding.origin.line) for finding in findings} >= {(code, line)}
    after, _ = read_text(f"{SERVICE}---\n{poison}\n", "f")
    assert [manifest.name for manifest in after] == ["reviews"]


def test_a_wrong_byte_rejects_only_its_document() -> None:
    """Latin-1 in one document leaves the others readable."""
    manifests, (finding,) = read_text(SERVICE.encode() + b"---\na: 1\nb: caf\xe9\n", "f")
    assert len(manifests) == 1
    assert (finding.origin.line, finding.message) == (12, "the byte 0xe9 is not UTF-8")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(encoding: str) -> None:
    """The author learns which encoding it is, and that UTF-8 is wanted."""
    raw = ("\ufeff" if encoding == "utf-16-be" else "").encode(encoding) + "a".encode(encoding)
    assert "UTF-" in _only_finding(raw).message


def test_the_culprit_is_named_although_it_does_not_parse() -> None:
    """Kind, namespace and name are found in text that is no YAML."""
    text = "kind: VirtualService\nmetadata:\n  namespace: shop\n  name: reviews\nspec: ["
    assert str(_only_finding(text).origin.object) == "VirtualService shop/reviews"


def test_a_template_is_recognised() -> None:
    """Who feeds an unrendered chart is told to render it."""
    assert "render" in _only_finding("a: {{ .Values.name }}").remedy


def test_a_billion_laughs_stay_a_few() -> None:
    """Aliases count as what they stand for, before anything walks them."""
    rows = [
        f"{name}: &{name} [{','.join(['*' + base] * 9)}]"
        for base, name in zip("abcdefg", "bcdefgh", strict=True)
    ]
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(rows)
    assert "aliases expanded" in _only_finding(text).message


@pytest.mark.parametrize(
    ("text", "caps"),
    [
        ("a: " + "[" * 200, Caps()),
        ("a: bcdef", Caps(document_characters=5)),
        ("a: bcdef", Caps(file_bytes=5)),
        ("a: 1\n---\nb: 1\n---\nc: 1\n", Caps(documents=2)),
        ("a: &a 1\nb: [*a, *a, *a]", Caps(aliases=2)),
        ("a: [1, 2, 3, 4, 5]", Caps(nodes=5)),
    ],
)
def test_every_cap_refuses(text: str, caps: Caps) -> None:
    """What is over a bound is refused by name, not read in part."""
    assert _only_finding(text, caps).code == "too-large"


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n---\n", "%YAML 1.2\n---\n", "~"])
def test_nothing_is_no_finding(text: str) -> None:
    """Empty documents are passed over."""
    assert read_text(text, "f") == ((), ())


def test_directives_and_document_ends_are_understood() -> None:
    """`%YAML`, `...` and text on the marker's own line are YAML like any other."""
    text = "%YAML 1.1\n--- {apiVersion: v1, kind: T, metadata: {name: a}}\n...\n" + SERVICE
    manifests, findings = read_text(text, "f")
    assert findings == ()
    assert [(manifest.name, manifest.source.line()) for manifest in manifests] == [
        ("a", 2),
        ("reviews", 4),
    ]


@given(
    strategies.binary(max_size=400)
    | strategies.text(alphabet=" \n\t-:{}[]&*a<!'\"|>%?#,.\0\ufeff\x85", max_size=60)
)
@settings(deadline=None, max_examples=400)
def test_no_input_is_a_crash(raw: bytes | str) -> None:
    """Whatever the bytes, the answer is manifests and findings."""
    manifests, findings = read_text(raw, "f")
    assert all(isinstance(manifest, Manifest) for manifest in manifests)
    assert all(finding.message and finding.remedy for finding in findings)


@given(strategies.data())
@settings(deadline=None, max_examples=200)
def test_a_mutated_document_is_no_crash(data: strategies.DataObject) -> None:
    """Cutting and overwriting valid text anywhere gives an object or a finding."""
    at = data.draw(strategies.integers(0, len(SERVICE)))
    cut = data.draw(strategies.integers(0, 10))
    put = data.draw(strategies.text(max_size=5))
    manifests, findings = read_text(SERVICE[:at] + put + SERVICE[at + cut :], "f")
    assert manifests or findings


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus beside the repository")
def test_the_corpus_reads_whole_and_reads_back() -> None:
    """Every upstream sample reads without a finding, and each object's own text equals it."""
    count = 0
    for path in sorted(CORPUS.rglob("*.yaml")):
        manifests, findings = read_text(path.read_bytes(), str(path))
        assert findings == ()
        for manifest in manifests:
            _assert_reads_back(manifest)
        count += len(manifests)
    assert count > 100


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("[1.2.3.4, 2001:db8::]", ["1.2.3.4", "2001:db8::"]),
        ("[2001:db8::, fe80::, x]", ["2001:db8::", "fe80::", "x"]),
        ("[é::]", ["é::"]),
        ('[x:, "y:]", z:]', ["x:", "y:]", "z:"]),
        ("{b: 2001:db8::}", {"b": "2001:db8::"}),
        ("{b: c:, d: e}", {"b": "c:", "d": "e"}),
        ("{x:}", {"x:": None}),
        ("[it's:]", ["it's:"]),
        ("\n  - [fe80::,\n  2001:db8::]\n  - [x:, z]", [["fe80::", "2001:db8::"], ["x:", "z"]]),
    ],
)
def test_a_plain_scalar_may_end_with_a_colon_in_a_flow(written: str, value: object) -> None:
    """libyaml refuses it; YAML 1.2 and sigs.k8s.io/yaml read it, each value as here."""
    assert _body(f"a: {written}")["a"] == value


def test_what_stands_beside_such_a_scalar_keeps_its_text_and_line() -> None:
    """Only the scalar itself is read otherwise: block text and comments with such signs stay."""
    (one,), findings = read_text(
        "apiVersion: v1\nkind: T\nmetadata: {name: a}\n"
        "text: |\n  [x:]\nlist: [x:] # [y:]\nlast: {a: [x:, 'it: [y:]']}\n",
        "f",
    )
    assert findings == ()
    assert one.body["text"] == "[x:]\n"
    assert one.body["list"] == ("x:",)
    assert one.body["last"]["a"] == ("x:", "it: [y:]")
    assert one.source.line(("last", "a")) == 7
    _assert_reads_back(one)


@pytest.mark.parametrize("written", ["[::1]", "{b: ::}", "2001:db8::"])
def test_an_address_that_kubernetes_refuses_too_gets_the_right_remedy(written: str) -> None:
    """Where the address must stand in quotes, the author is told that."""
    finding = _only_finding(f"a: {written}")
    assert (finding.code, "in quotes" in finding.remedy) == ("invalid-yaml", True)


def test_many_such_scalars_cost_no_more_than_a_bounded_number_of_tries() -> None:
    """A file made of nothing else is refused in time, not read a thousand times."""
    text = "a:\n" + "- [x:]\n" * 20_000
    assert _only_finding(text).code == "invalid-yaml"


LONG = "a" * 100


@pytest.mark.parametrize(
    ("kind", "name", "good"),
    [
        ("v1/Pod", LONG, True),
        ("apps/v1/Deployment", f"{LONG}.{LONG}", True),
        ("networking.istio.io/v1/VirtualService", LONG, True),
        ("gateway.networking.k8s.io/v1/Gateway", "a.b", True),
        ("v1/Secret", "a" * 253, True),
        ("v1/Secret", "a" * 254, False),
        ("v1/Secret", "a..b", False),
        ("v1/Service", "a" * 63, True),
        ("v1/Service", "a" * 64, False),
        ("v1/Service", "a.b", False),
        ("v1/Namespace", "a" * 64, False),
        ("networking.istio.io/v1/Gateway", "a.b", False),
        ("rbac.authorization.k8s.io/v1/Role", "system:a", True),
    ],
)
def test_names_are_bounded_as_their_kind_is(kind: str, name: str, good: bool) -> None:
    """A DNS subdomain for most; a label where the API server or Istio wants one."""
    api_version, _, word = kind.rpartition("/")
    text = f"apiVersion: {api_version}\nkind: {word}\nmetadata: {{name: {name}}}\n"
    found, findings = read_text(text, "f")
    assert (len(found) == 1, findings == ()) == (good, good)

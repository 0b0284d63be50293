"""The cursor that dialects read with: typed values out, findings with lines beside them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from gossamer.manifests.expect import parse_duration
from gossamer.manifests.fields import Fields
from gossamer.manifests.manifest import Manifest, Source
from gossamer.manifests.yaml.scalars import BareWord
from gossamer.model.finding import Finding, Severity


def _freeze(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _freeze(inside) for key, inside in value.items()})
    return tuple(map(_freeze, value)) if isinstance(value, list) else value


def _spec(spec: Mapping[str, Any] | str) -> tuple[Fields, list[Finding]]:
    findings: list[Finding] = []
    source = Source("mesh.yaml", lines=(1, {"spec": (7, {"port": 8, "http": (9, [(10, {})])})}))
    body = _freeze({"spec": spec})
    manifest = Manifest("v1", "Thing", "default", "one", body=body, source=source)
    return Fields(manifest, ("spec",), findings), findings


def test_values_of_the_right_type_come_out_without_a_word() -> None:
    """Reading what is right says nothing."""
    fields, findings = _spec(
        {"host": "a", "port": 80, "share": 0.5, "on": True, "wait": "1.5s", "hosts": ["a", "b"]}
    )
    with fields as spec:
        assert spec.string("host") == "a"
        assert spec.port("port") == 80
        assert spec.number("share") == 0.5
        assert spec.boolean("on") is True
        assert spec.duration("wait") == timedelta(seconds=1.5)
        assert spec.strings("hosts") == ("a", "b")
    assert findings == []


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("string", 5),
        ("integer", "5"),
        ("integer", True),
        ("integer", 1.5),
        ("number", "0.5"),
        ("boolean", "true"),
        ("boolean", 1),
        ("duration", "10"),
        ("duration", 10),
        ("strings", "a"),
        ("string_map", ["a"]),
        ("child", "text"),
        ("mapping", 3),
    ],
)
def test_a_wrong_type_is_told_and_counts_as_absent(read: str, value: Any) -> None:
    """Nothing of another type slips into the model, and its author is told what stood there."""
    spec, findings = _spec({"field": value})
    assert not getattr(spec, read)("field")
    assert [finding.code for finding in findings] == ["wrong-type"]
    assert findings[0].origin.field == "spec.field"
    assert spec.failed


def test_a_finding_carries_object_file_line_and_path() -> None:
    """An author finds the place without searching."""
    spec, findings = _spec({"port": 70000, "http": [{"port": "x"}]})
    spec.port("port")
    next(spec.each("http")).port("port")
    assert [str(finding.origin) for finding in findings] == [
        "mesh.yaml:8 Thing default/one spec.port",
        "mesh.yaml:10 Thing default/one spec.http[0].port",
    ]
    assert findings[0].message == "spec.port is 70000, outside 1 to 65535"


def test_null_is_absent() -> None:
    """A field set to null reads as if it were not there."""
    spec, findings = _spec({"host": None, "retries": None, "http": None})
    assert spec.string("host", "fallback") == "fallback"
    assert not spec.child("retries")
    assert list(spec.each("http")) == []
    assert findings == []


def test_required_and_absent_is_reported_once() -> None:
    """A missing field is one finding however often it is read."""
    spec, findings = _spec({"hosts": []})
    spec.string("host", required=True)
    spec.string("host", required=True)
    spec.strings("hosts", required=True)
    assert [finding.message for finding in findings] == [
        "spec.host is missing",
        "spec.hosts is missing",
    ]


def test_what_nobody_read_is_reported_with_a_likely_spelling() -> None:
    """A typing error is never silence, however deep it stands."""
    fields, findings = _spec({"http": [{"timeuot": "1s"}], "extra": 1})
    with fields as spec:
        for http in spec.each("http"):
            http.duration("timeout")
    told = {finding.message: (finding.remedy, finding.severity) for finding in findings}
    assert told["unknown field spec.http[0].timeuot"] == (
        "Did you mean timeout?",
        Severity.WARNING,
    )
    assert "unknown field spec.extra" in told
    assert not fields.failed


def test_unsupported_fields_warn_only_where_they_are_set() -> None:
    """A field of the API that has no effect here is said so."""
    fields, findings = _spec({"corsPolicy": {}})
    with fields as spec:
        spec.unsupported("corsPolicy", "mirrors", effect="no CORS headers are sent")
        spec.skip("hosts")
    assert [(finding.code, finding.effect) for finding in findings] == [
        ("unsupported-field", "no CORS headers are sent")
    ]


def test_one_of_maps_a_word_to_its_meaning() -> None:
    """A word outside the choices is reported and the default counts."""
    spec, findings = _spec({"mode": "STRICT", "other": "strict"})
    assert spec.one_of("mode", {"STRICT": 1, "PERMISSIVE": 2}, 2) == 1
    assert spec.one_of("other", {"STRICT": 1, "PERMISSIVE": 2}, 2) == 2
    assert spec.one_of("mode", {"STRICT"}) == "STRICT"
    assert findings[0].remedy == "Did you mean STRICT?"


def test_of_two_variants_the_first_counts() -> None:
    """Fields that exclude each other are reported when both are set."""
    spec, findings = _spec({"exact": "a", "regex": "b"})
    assert spec.variant("exact", "prefix", "regex") == "exact"
    assert "only one is allowed" in findings[0].message


def test_an_empty_mapping_is_there() -> None:
    """`simple: {}` means something else than no `simple`."""
    spec, _ = _spec({"simple": {}})
    assert spec.child("simple")
    assert not spec.child("other")
    assert spec.child("simple") is spec.child("simple")


def test_an_unquoted_word_is_a_string_with_a_warning_and_a_boolean_without() -> None:
    """What Kubernetes would take for a boolean is told where a string belongs."""
    spec, findings = _spec({"version": BareWord("on"), "enabled": BareWord("off")})
    assert spec.string("version") == "on"
    assert spec.boolean("enabled") is False
    assert [finding.code for finding in findings] == ["unquoted-word"]
    assert not spec.failed


def test_entries_walks_a_mapping_of_objects() -> None:
    """The headers of a match come with their names."""
    spec, findings = _spec({"headers": {"end-user": {"exact": "jason"}, "bad": 5}})
    assert [(name, match.string("exact")) for name, match in spec.entries("headers")] == [
        ("end-user", "jason")
    ]
    assert findings[0].origin.field == "spec.headers.bad"


def test_an_error_below_marks_all_above() -> None:
    """A reader can ask once, at the top of a stanza, whether anything in it is wrong."""
    spec, _ = _spec({"http": [{"retries": {"attempts": "x"}}, {}]})
    first, second = spec.each("http")
    first.child("retries").integer("attempts")
    assert (spec.failed, first.failed, second.failed) == (True, True, False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1.5s", 1.5), ("100ms", 0.1), ("1h2m3s", 3723), ("0", 0), ("0s", 0), (".5s", 0.5)],
)
def test_durations_read_as_go_reads_them(text: str, seconds: float) -> None:
    """Istio and Gateway API write Go's durations."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "-1s", "1.s.", "s", "1d", "1s ", "9" * 63 + "h", "1e3s"])
def test_what_is_no_duration_is_none(text: str) -> None:
    """Other spellings are refused, never guessed."""
    assert parse_duration(text) is None

"""Istio's Telemetry: what is read of access logs, and what is told of all else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from gossamer.dialects.read import read_manifest
from gossamer.manifests.read import read_text
from gossamer.model.policies.workload.access_log import AccessLogging


def telemetry(spec: str) -> tuple[AccessLogging | None, list[tuple[str, str]], bool]:
    """What is said of access logs, the findings' fields and codes, whether the object is used."""
    document = {
        "apiVersion": "telemetry.istio.io/v1",
        "kind": "Telemetry",
        "metadata": {"name": "t", "namespace": "default"},
        "spec": yaml.safe_load(spec),
    }
    (manifest,), _ = read_text(yaml.safe_dump(document), "t.yaml")
    result = read_manifest(manifest)
    findings = [(each.origin.field, each.code) for each in result.findings]
    fragments: tuple[Any, ...] = result.contribution.fragments if result.contribution else ()
    text = fragments[0].policies.get(AccessLogging) if fragments else None
    return text, findings, bool(fragments)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("[{}]", AccessLogging(True, True)),
        ("[{disabled: true}]", AccessLogging(False, False)),
        ("[{match: {mode: CLIENT}, disabled: true}]", AccessLogging(client=False)),
        ("[{match: {mode: SERVER}}]", AccessLogging(server=True)),
        ("[{disabled: true}, {match: {mode: SERVER}}]", AccessLogging(False, True)),
        ("[{providers: [{name: envoy}], disabled: true}]", AccessLogging(False, False)),
    ],
)
def test_entries_say_at_which_end_lines_are_written(entries: str, said: AccessLogging) -> None:
    """Without a match both ends are meant, and a later entry decides over an earlier one."""
    assert telemetry(f"accessLogging: {entries}") == (said, [], True)


def test_another_provider_changes_nothing_of_our_lines() -> None:
    """Lines for a collector are not ours to write, nor does switching these off silence ours."""
    text, reports, used = telemetry("accessLogging: [{providers: [{name: otel}], disabled: true}]")
    assert (text, used) == (None, True)
    assert reports == [("spec.accessLogging[0].providers[0].name", "unsupported-field")]


def test_what_is_not_supported_is_told() -> None:
    """Traces, metrics and conditions are known fields without effect."""
    _, reports, used = telemetry(
        "{tracing: [{}], metrics: [{}], accessLogging: [{filter: {expression: x}}]}"
    )
    assert used
    assert sorted(reports) == [
        ("spec.accessLogging[0].filter", "unsupported-field"),
        ("spec.metrics", "unsupported-field"),
        ("spec.tracing", "unsupported-field"),
    ]


def test_an_object_for_a_gateway_alone_speaks_of_nobody_else() -> None:
    """targetRefs are not read; without them it would hold for the whole namespace."""
    text, reports, used = telemetry("{targetRefs: [{kind: Gateway}], accessLogging: [{}]}")
    assert (text, used) == (None, False)
    assert reports == [("spec.targetRefs", "unsupported-field")]


@pytest.mark.parametrize(
    "spec",
    [
        "accessLogging: [{match: {mode: BOTH}}]",
        "accessLogging: [{disabled: 'yes'}]",
        "accessLogging: [{disable: true}]",
        "accesslogging: []",
        "selector: {app: web}",
    ],
)
def test_mistakes_are_told(spec: str) -> None:
    """A wrong word, type or field never passes in silence."""
    _, reports, _ = telemetry(spec)
    assert reports
    assert all(field.startswith("spec") for field, _ in reports)

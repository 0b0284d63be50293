"""What decides about an object is read by one cursor, and what may be left out alone by another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gossamer.dialects
from gossamer.dialects.read import read_manifest
from gossamer.manifests.read import read_text

GATEWAY = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: one}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: one}\n"
ENTRY = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: one}\n"
RULE = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: one}\n"
BAD_PORT = "{number: 0, name: http, protocol: HTTP}"
GOOD_PORT = "{number: 80, name: http, protocol: HTTP}"


def is_refused(text: str) -> bool:
    (manifest,), _ = read_text(text.encode(), "mesh.yaml")
    return read_manifest(manifest).contribution is None


@pytest.mark.parametrize(
    ("decides", "text"),
    [
        (False, f"{GATEWAY}spec: {{selector: {{a: b}}, servers: [{{port: {BAD_PORT}}}]}}"),
        (True, f"{GATEWAY}spec: {{servers: [], selector: wrong}}"),
        (False, f"{SERVICE}spec: {{selector: {{a: b}}, ports: [{{port: 0}}, {{port: 80}}]}}"),
        (True, f"{SERVICE}spec: {{ports: [{{port: 80}}], selector: wrong}}"),
        (False, f"{ENTRY}spec: {{hosts: [a.example.com, '-'], ports: [{BAD_PORT}]}}"),
        (True, f"{ENTRY}spec: {{hosts: ['-'], ports: [{GOOD_PORT}]}}"),
        (True, f"{ENTRY}spec: {{hosts: [a.example.com], location: wrong}}"),
        (False, f"{RULE}spec: {{host: one, trafficPolicy: {{loadBalancer: {{simple: wrong}}}}}}"),
        (True, f"{RULE}spec: {{host: one, trafficPolicy: {{tls: {{mode: wrong}}}}}}"),
        (True, f"{RULE}spec: {{host: one, subsets: [{{name: a}}, {{name: a}}]}}"),
    ],
)
def test_each_error_counts_for_what_it_is_in(decides: bool, text: str) -> None:
    """A bad port, server, host or load balancer is left out alone; what decides refuses all."""
    assert is_refused(text) is decides


def test_no_reader_looks_at_the_verdict_half_way() -> None:
    """`spec.failed` is asked in one place, at the end, so the order of reading does not matter."""
    folder = Path(gossamer.dialects.__file__).parent
    asking = [
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if re.search(r"\bspec\.failed\b", path.read_text())
    ]
    assert asking == ["refusal.py"]

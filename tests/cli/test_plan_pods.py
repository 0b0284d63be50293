"""`gossamer plan` speaks of pods: what starts, stops and restarts, and where calls go then."""

from __future__ import annotations

import pytest

from gossamer.cli.commands.manifests.plan import pods_line
from gossamer.cli.offline.next_documents import next_documents
from gossamer.store.paths import File

WEB = {"kind": "Deployment", "namespace": "shop", "name": "web"}
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{name: http, port: 80}], selector: {app: web}}
"""


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"starts": ["shop/web-1"]}, "1 pod would be started: web-1"),
        ({"stops": ["shop/web-1", "shop/web-2"]}, "2 pods would be stopped: web-1, web-2"),
        ({"restarts": ["shop/web-0"]}, "1 pod would be restarted: web-0"),
        (
            {"starts": ["shop/web-b"], "stops": ["shop/web-a"]},
            "1 pod would be replaced: web-a by web-b",
        ),
        (
            {"starts": [f"shop/web-{n}" for n in range(6)], "stops": ["shop/old"]},
            "6 pods would be started: web-0, web-1, web-2, web-3 and 2 more; "
            "1 pod would be stopped: old",
        ),
    ],
)
def test_a_line_says_what_becomes_of_a_workloads_pods(
    change: dict[str, list[str]], line: str
) -> None:
    """In numbers and names; a rolling update is one thing, not a start and a stop."""
    every: dict[str, object] = {"starts": [], "stops": [], "restarts": [], **WEB, **change}
    assert pods_line(every) == f"Deployment shop/web: {line}"


def test_the_next_documents_are_the_present_ones_with_the_files() -> None:
    """A file's object takes the place of the one it names, and others stay."""
    present = {**WEB, "api_version": "apps/v1", "body": {"old": True}}
    service = {"kind": "Service", "api_version": "v1", "namespace": "shop", "name": "web"}
    files = [File("web.yaml", SERVICE.encode())]
    found = next_documents([present, {**service, "body": {"old": True}}], files)
    assert [(each["kind"], each["body"].get("old", False)) for each in found] == [
        ("Deployment", True),
        ("Service", False),
    ]


def test_a_refused_object_keeps_its_text() -> None:
    """What the plane would not store does not change any pods either."""
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: 7\n"
    )
    held = {**WEB, "api_version": "apps/v1", "body": {"old": True}}
    assert next_documents([held], [File("web.yaml", text.encode())]) == [held]

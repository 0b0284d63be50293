"""Pods as the holder shows them, for tests of what commands print."""

from __future__ import annotations

from typing import Any

from gossamer.cli.objects.item import Item, document_items, pod_items

RUN = {
    "started": "2026-01-01T00:00:00.5Z",
    "ended": None,
    "exit_status": None,
    "log": "/l",
    "log_offset": 0,
}


def container(**words: Any) -> dict[str, Any]:
    """A container that runs and is ready."""
    base = {
        "name": "app",
        "image": "web:1",
        "state": "running",
        "ready": True,
        "restarts": 0,
        "reason": "",
        "log": "/l",
        "run": RUN,
        "last_run": None,
    }
    return base | words


def pod(**words: Any) -> dict[str, Any]:
    """A pod that is ready, with its proxy."""
    base = {
        "namespace": "shop",
        "name": "web-1",
        "workload": "web",
        "kind": "Deployment",
        "ip": "10.244.1.1",
        "ips": ["10.244.1.1"],
        "ready": True,
        "phase": "running",
        "status": "Running",
        "reason": "",
        "stuck": False,
        "created": "2026-01-01T00:00:00.25Z",
        "restarts": 0,
        "restarted": None,
        "ready_containers": 2,
        "total_containers": 2,
        "proxy": True,
        "proxy_ready": True,
        "injected": True,
        "gateway": False,
        "service_account": "default",
        "labels": {"app": "web"},
        "annotations": {},
        "template": "abc",
        "default_container": "app",
        "init_containers": [],
        "containers": [container()],
        "planned_init_containers": [],
        "planned_containers": [{"name": "app", "image": "web:1", "command": ["/w"], "ports": []}],
    }
    return base | words


def pod_item(**words: Any) -> Item:
    """The same as an object."""
    return next(iter(pod_items([pod(**words)])))


def stored(kind: str, api_version: str, counts: Any = (), **body: Any) -> Item:
    """A stored object `shop/web` of a kind."""
    document = {
        "kind": kind,
        "api_version": api_version,
        "namespace": "shop",
        "name": "web",
        "file": "web.yaml",
        "line": 3,
        "body": {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}, **body},
    }
    named = [{"kind": kind, "namespace": "shop", "name": "web", **each} for each in counts]
    return next(iter(document_items([document], named)))

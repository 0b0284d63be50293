"""The fields of Kubernetes' own kinds, as its published OpenAPI description has them.

`fields.json` is written by `tests/dialects/kubernetes_schema.py`; it is read once, when the first
object of these kinds is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ROOTS = {
    ("", "ConfigMap"): "core_v1.ConfigMap",
    ("", "PersistentVolumeClaim"): "core_v1.PersistentVolumeClaim",
    ("", "Pod"): "core_v1.Pod",
    ("", "ReplicationController"): "core_v1.ReplicationController",
    ("", "ServiceAccount"): "core_v1.ServiceAccount",
    ("apps", "DaemonSet"): "apps_v1.DaemonSet",
    ("apps", "Deployment"): "apps_v1.Deployment",
    ("apps", "ReplicaSet"): "apps_v1.ReplicaSet",
    ("apps", "StatefulSet"): "apps_v1.StatefulSet",
    ("batch", "CronJob"): "batch_v1.CronJob",
    ("batch", "Job"): "batch_v1.Job",
}
"""The type behind each (group, kind) that is checked against the schema."""

Schema = Mapping[str, Mapping[str, str]]


@cache
def schema() -> Schema:
    """From type to fields, each with its type: `string`, `[]core_v1.Container!`, `{}string`."""
    text = (files(__package__) / "fields.json").read_text(encoding="utf-8")
    loaded: Schema = json.loads(text)
    return loaded

"""Workloads are read as strictly as an API server reads them, by Kubernetes' published schema."""

from __future__ import annotations

import pytest

from gossamer.model.finding import Severity
from tests.dialects.full_manifests import reading
from tests.dialects.kubernetes_schema import WRITTEN, schema, written

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      volumes: [{{name: data, emptyDir: {{}}}}]
      containers:
      - {{name: web, image: a/b, {container}}}
"""


def told(container: str) -> list[tuple[str, str, str]]:
    """Field below the container, code and remedy of every finding."""
    result = reading(DEPLOYMENT.format(container=container)).findings
    return [(f.origin.field.rpartition("containers[0].")[2], f.code, f.remedy) for f in result]


def test_the_schema_is_the_published_one() -> None:
    """Fields are those of the pinned source, and nobody edited them by hand."""
    assert WRITTEN.read_text() == written(schema()), "run tests/dialects/kubernetes_schema.py"


@pytest.mark.parametrize(
    ("container", "field", "remedy"),
    [
        ("imag: c", "imag", "Did you mean image, which is set as well?"),
        ("env: [{name: A, vale: b}]", "env[0].vale", "Did you mean value?"),
        ("readinessProb: {}", "readinessProb", "Did you mean readinessProbe?"),
        (
            "livenessProbe: {httpGet: {paths: /, port: 1}}",
            "livenessProbe.httpGet.paths",
            "Did you mean path?",
        ),
        ("ports: [{containerPort: 1, nam: x}]", "ports[0].nam", "Did you mean name?"),
        ("resources: {limit: {cpu: 1}}", "resources.limit", "Did you mean limits?"),
        ("securityContext: {runAsuser: 1}", "securityContext.runAsuser", "Did you mean runAsUser?"),
    ],
)
def test_a_misspelt_field_is_told_with_its_near_one(
    container: str, field: str, remedy: str
) -> None:
    """However deep it stands, the author hears of the field and of the one that was meant."""
    assert told(container) == [(field, "unknown-field", remedy)]


@pytest.mark.parametrize(
    ("container", "field", "code"),
    [
        ("command: [sh, 1]", "command[1]", "wrong-type"),
        ("env: [{name: B, value: 5}]", "env[0].value", "wrong-type"),
        ("env: {A: b}", "env", "wrong-type"),
        ("ports: [{containerPort: http}]", "ports[0].containerPort", "wrong-type"),
        ("ports: [{name: http}]", "ports[0].containerPort", "missing-field"),
        ("tty: 1", "tty", "wrong-type"),
        (
            "volumeMounts: [{name: date, mountPath: /x}]",
            "volumeMounts[0].name",
            "missing-reference",
        ),
        ("volumeMounts: [{name: data}]", "volumeMounts[0].mountPath", "missing-field"),
        ("resources: {limits: {cpu: 1core}}", "resources.limits.cpu", "invalid-field"),
        ("resources: {requests: {memory: 64 Mi}}", "resources.requests.memory", "invalid-field"),
        ("env: [{name: 'a=b', value: c}]", "env[0].name", "invalid-name"),
        (
            "env: [{name: A, value: c, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
            "env[0].valueFrom",
            "invalid-field",
        ),
    ],
)
def test_what_an_api_server_refuses_is_an_error(container: str, field: str, code: str) -> None:
    """Wrong types, missing fields and mounts of no volume: the object is refused, and says why."""
    result = reading(DEPLOYMENT.format(container=container))
    assert [(f.code, f.severity) for f in result.findings] == [(code, Severity.ERROR)]
    assert result.findings[0].origin.field.endswith(field)


@pytest.mark.parametrize(
    "container",
    [
        "resources: {requests: {cpu: 0.5, memory: 1Gi}, limits: {cpu: 2}}",
        "ports: [{containerPort: 80, name: http, protocol: TCP}]",
        "livenessProbe: {tcpSocket: {port: http}, periodSeconds: 3}",
        "volumeMounts: [{name: data, mountPath: /x, subPath: sub, readOnly: true}]",
        "env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.podIP}}}], envFrom: []",
        "lifecycle: {preStop: {exec: {command: [sleep, '5']}}}, tty: false, args: null",
    ],
)
def test_what_an_api_server_takes_is_passed(container: str) -> None:
    """The right neighbour of each mistake has no finding."""
    assert told(container) == []


def test_a_claim_of_a_stateful_set_is_a_volume() -> None:
    """What `volumeClaimTemplates` brings may be mounted, as in Kubernetes."""
    result = reading(
        """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: x, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]
"""
    )
    assert result.findings == ()


def test_a_container_name_stands_once() -> None:
    """Two containers of one name are told on the second, init containers included."""
    result = reading(
        """
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  initContainers: [{name: app, image: x}]
  containers: [{name: app, image: x}]
"""
    )
    assert [(f.origin.field, f.code) for f in result.findings] == [
        ("spec.containers[0].name", "duplicate-name")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\nimmutable: true",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\nsecrets: [{name: x}]",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '* * * * *', "
        "jobTemplate: {spec: {template: {spec: {restartPolicy: Never, "
        "containers: [{name: a, image: b}]}}}}}\n"
        "status: {x: 1}",
    ],
)
def test_other_core_kinds_have_their_own_fields(text: str) -> None:
    """ConfigMaps, accounts and CronJobs are known in full; a status is nobody's declaration."""
    assert reading(text).findings == ()


def test_a_config_map_is_checked_whoever_reads_it() -> None:
    """MeshConfig's reader takes ConfigMaps, and their fields are Kubernetes' all the same."""
    result = reading("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndate: {a: b}")
    assert [(f.code, f.remedy) for f in result.findings] == [
        ("unknown-field", "Did you mean data?")
    ]

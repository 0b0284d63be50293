"""What objects name and what is not there: told from the files, before anything runs."""

from __future__ import annotations

import pytest

from gossamer.cli.offline.offline_lab import lab_findings
from gossamer.cli.reading import read_all
from gossamer.lab.lab_file import NOTHING_SAID
from gossamer.model.finding import Finding, Severity
from gossamer.store.paths import File

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  {spec}
  containers:
  - name: web
    image: a/b
    {container}
"""
AROUND = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: red}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {token: abc}
---
apiVersion: v1
kind: Secret
metadata: {name: far, namespace: other}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{name: http, port: 80}]}
"""


def lost(text: str) -> list[Finding]:
    """The references that lead nowhere, of a file with the objects around it."""
    read = read_all([File("a.yaml", (text + AROUND).encode())])
    return [each for each in lab_findings(read, NOTHING_SAID) if each.code == "missing-reference"]


def env(reference: str) -> str:
    return f"env: [{{name: A, valueFrom: {{{reference}}}}}]"


@pytest.mark.parametrize(
    ("container", "message", "remedy"),
    [
        (
            env("configMapKeyRef: {name: setings, key: colour}"),
            "ConfigMap default/setings does not exist",
            "Did you mean settings?",
        ),
        (
            env("configMapKeyRef: {name: settings, key: color}"),
            "ConfigMap default/settings has no key 'color'",
            "Did you mean colour?",
        ),
        (
            env("secretKeyRef: {name: keys, key: tokn}"),
            "Secret default/keys has no key 'tokn'",
            "Did you mean token?",
        ),
        (
            env("secretKeyRef: {name: far, key: a}"),
            "Secret default/far does not exist",
            "It is in namespace other, not in default.",
        ),
        ("envFrom: [{configMapRef: {name: nope}}]", "ConfigMap default/nope does not exist", ""),
        ("envFrom: [{secretRef: {name: nope}}]", "Secret default/nope does not exist", ""),
    ],
)
def test_what_a_container_needs_is_an_error(container: str, message: str, remedy: str) -> None:
    """Its pod does not start; the near name is said, and the line is the reference's own."""
    (told,) = lost(POD.format(spec="restartPolicy: Always", container=container))
    assert (told.message, told.severity, told.origin.line) == (message, Severity.ERROR, 9)
    assert told.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("spec", "message", "severity"),
    [
        (
            "volumes: [{name: v, configMap: {name: nope}}]",
            "ConfigMap default/nope does not exist",
            Severity.ERROR,
        ),
        (
            "volumes: [{name: v, secret: {secretName: nope}}]",
            "Secret default/nope does not exist",
            Severity.ERROR,
        ),
        (
            "volumes: [{name: v, configMap: {name: settings, items: [{key: x, path: y}]}}]",
            "ConfigMap default/settings has no key 'x'",
            Severity.ERROR,
        ),
        (
            "volumes: [{name: v, projected: {sources: [{secret: {name: nope}}]}}]",
            "Secret default/nope does not exist",
            Severity.ERROR,
        ),
        (
            "volumes: [{name: v, persistentVolumeClaim: {claimName: date}}]",
            "PersistentVolumeClaim default/date does not exist",
            Severity.WARNING,
        ),
        (
            "serviceAccountName: wep",
            "ServiceAccount default/wep does not exist",
            Severity.WARNING,
        ),
        ("imagePullSecrets: [{name: nope}]", "Secret default/nope does not exist", Severity.INFO),
    ],
)
def test_what_a_pod_needs_is_told_by_what_its_lack_does(
    spec: str, message: str, severity: Severity
) -> None:
    """An error where the pod does not start, a warning where only a cluster would keep it."""
    (told,) = lost(POD.format(spec=spec, container="tty: false"))
    assert (told.message, told.severity, told.origin.line) == (message, severity, 5)


@pytest.mark.parametrize(
    ("spec", "container"),
    [
        ("serviceAccountName: web", env("configMapKeyRef: {name: settings, key: colour}")),
        ("serviceAccountName: default", env("secretKeyRef: {name: keys, key: token}")),
        ("imagePullSecrets: [{name: keys}]", "envFrom: [{configMapRef: {name: settings}}]"),
        (
            "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]",
            env("secretKeyRef: {name: nope, key: a, optional: true}"),
        ),
        (
            "volumes: [{name: v, configMap: {name: nope, optional: true}}]",
            "envFrom: [{secretRef: {name: nope, optional: true}}]",
        ),
        (
            "volumes: [{name: v, secret: {secretName: keys, optional: true, "
            "items: [{key: x, path: y}]}}]",
            env("configMapKeyRef: {name: settings, key: nope, optional: true}"),
        ),
    ],
)
def test_what_is_there_or_optional_is_passed(spec: str, container: str) -> None:
    """The right neighbour of each mistake has no finding."""
    assert lost(POD.format(spec=spec, container=container)) == []


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        (
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n"
            "  serviceName: dbs\n  selector: {matchLabels: {a: b}}\n  template:\n"
            "    metadata: {labels: {a: b}}\n    spec: {containers: [{name: a, image: b}]}\n",
            "spec.serviceName",
            "Service default/dbs does not exist",
        ),
        (
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
            "spec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: web}}\n",
            "spec.scaleTargetRef.name",
            "Deployment default/web does not exist",
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n"
            "spec: {defaultBackend: {service: {name: wep, port: {number: 80}}}}\n",
            "spec.defaultBackend.service.name",
            "Service default/wep does not exist",
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\n"
            "spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, "
            "backend: {service: {name: web, port: {name: htp}}}}]}}]}\n",
            "spec.rules[0].http.paths[0].backend.service.port",
            "port htp of Service default/web does not exist",
        ),
        (
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n"
            "spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: "
            "{restartPolicy: Never, serviceAccountName: wep, containers: [{name: a, image: b}]"
            "}}}}}\n",
            "spec.jobTemplate.spec.template.spec.serviceAccountName",
            "ServiceAccount default/wep does not exist",
        ),
    ],
)
def test_other_kinds_name_what_exists(text: str, field: str, message: str) -> None:
    """Services of StatefulSets and Ingresses, what an autoscaler scales, a CronJob's account."""
    (told,) = lost(text)
    assert (told.origin.field, told.message) == (field, message)
    assert told.severity is Severity.WARNING


def test_kinds_that_nobody_reads_get_one_remark_each() -> None:
    """However many objects there are; what is read otherwise gets none."""
    policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{}}}\n"
    role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\n"
    text = "".join(policy.format(number) for number in range(20)) + role + AROUND
    found = read_all([File("a.yaml", text.encode())]).findings
    told = [each for each in found if each.code == "kind-not-read"]
    assert [each.message.partition(" ")[0] for each in told] == ["NetworkPolicy", "Role"]
    assert "default/p0, default/p1, default/p2 and 17 more" in told[0].message
    assert {each.severity for each in told} == {Severity.INFO}

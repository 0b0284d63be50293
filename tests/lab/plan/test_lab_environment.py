"""Variables, commands and volumes of a container."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gossamer.lab.plan.documents import LabDocuments, Stanza
from gossamer.lab.plan.image_rules import ImageRule
from gossamer.lab.plan.pod.command import LabSettings, choose
from gossamer.lab.plan.pod.environment import PodFacts, expand, read_env, resolve
from gossamer.lab.plan.pod.resources import MachineSize
from gossamer.lab.plan.pod.volumes import contents, read_volumes
from tests.lab.plan.documents_of import documents_of

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  volumes:
  - name: files
    configMap: {name: settings, items: [{key: color, path: paint/color}]}
  - name: gone
    secret: {secretName: absent}
  - name: disk
    persistentVolumeClaim: {claimName: disk}
  containers:
  - name: app
    image: registry.example/team/web:1
    args: ["--color", "$(COLOR)"]
    env:
    - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
    - {name: ME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: URL, value: "http://$(IP)/$(NOBODY)"}
    - {name: TOKEN, valueFrom: {secretKeyRef: {name: keys, key: token}}}
    envFrom:
    - {prefix: S_, configMapRef: {name: settings}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {color: green}
"""
SECRET = """
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: shop}
data: {token: czNjcmV0}
"""
FACTS = PodFacts("shop", "web", "web", {"app": "web"}, {}, ("10.244.7.9", "fd00::9"))


def container_of(documents: LabDocuments) -> Stanza:
    return documents.of("Pod")[0].root.child("spec").children("containers")[0]


def test_every_kind_of_reference_is_resolved() -> None:
    """Fields, keys, whole objects and `$(VAR)`; unknown names stay as written."""
    documents = documents_of(POD + SECRET)
    environment = resolve(read_env(container_of(documents)), FACTS, documents)
    assert environment.missing == ()
    assert environment.values == {
        "S_color": "green",
        "COLOR": "green",
        "ME": "web",
        "IP": "10.244.7.9",
        "APP": "web",
        "URL": "http://10.244.7.9/$(NOBODY)",
        "TOKEN": "s3cret",
    }


def test_a_missing_secret_names_file_line_and_field() -> None:
    """The pod does not start, and its author is told where the reference stands."""
    documents = documents_of(POD)
    (finding,) = resolve(read_env(container_of(documents)), FACTS, documents).missing
    assert "Secret shop/keys" in finding.message
    assert finding.origin.file == "mesh.yaml"
    assert finding.origin.field == "spec.containers[0].env[5].valueFrom.secretKeyRef.name"


def test_dollars_are_escaped_by_doubling() -> None:
    """`$$(X)` is the text `$(X)`."""
    assert expand("$$(X) $(X) $(Y)", {"X": "1"}) == "$(X) 1 $(Y)"


def test_the_annotation_wins_over_everything() -> None:
    """What the author says for a lab is what runs."""
    container = container_of(documents_of(POD))
    settings = LabSettings(images=(ImageRule("web", "mapped"),))
    command = choose(container, {"gossamer.dev/run": "run 'this one'"}, True, settings)
    assert command.argv == ("run", "this one")


def test_an_image_mapping_takes_the_entrypoints_place_and_keeps_args() -> None:
    """A glob may mean the image's last word alone."""
    container = container_of(documents_of(POD))
    command = choose(container, {}, True, LabSettings(images=(ImageRule("web", "mapped -v"),)))
    assert command.argv == ("mapped", "-v", "--color", "$(COLOR)")


def test_a_stand_in_runs_as_one_of_our_apps() -> None:
    """Known images run `python -m gossamer.apps` with the arguments that the stand-in asks for."""
    container = container_of(documents_of(POD))
    settings = LabSettings(python="py", stand_in=lambda image, c: (("web",), {"PORT": "80"}))
    command = choose(container, {}, True, settings)
    assert command.argv == ("py", "-P", "-m", "gossamer.apps", "web")
    assert command.env == (("PORT", "80"),)


def test_volumes_hold_what_their_items_name() -> None:
    """Keys appear under the paths asked for; an absent object is a finding; a disk an info."""
    documents = documents_of(POD)
    volumes, remarks = read_volumes(documents.of("Pod")[0].root.child("spec"))
    assert contents(volumes[0], FACTS, documents).files == {"paint/color": b"green"}
    assert "Secret shop/absent" in contents(volumes[1], FACTS, documents).missing[0].message
    assert contents(volumes[2], FACTS, documents).files == {}
    assert [remark.code for remark in remarks] == ["volume-imitated"]


OWN = """
apiVersion: v1
kind: Pod
metadata: {{name: web, namespace: shop, annotations: {{a: b}}}}
spec:
  volumes: [{volume}]
  containers:
  - name: app
    image: x
    resources: {{limits: {{memory: 64Mi}}, requests: {{cpu: 250m}}}}
    env: [{variable}]
"""


def own(variable: str = "", volume: str = "") -> LabDocuments:
    return documents_of(OWN.format(variable=variable, volume=volume))


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("resource: limits.memory", "67108864"),
        ("resource: limits.memory, divisor: 1Mi", "64"),
        ("resource: requests.memory, divisor: 1M", "68"),
        ("resource: requests.cpu", "1"),
        ("resource: requests.cpu, divisor: 1m", "250"),
        ("resource: limits.cpu", "4"),
        ("resource: requests.ephemeral-storage", "0"),
        ("containerName: app, resource: requests.cpu, divisor: 1m", "250"),
    ],
)
def test_a_container_reads_what_it_may_use(reference: str, value: str) -> None:
    """In whole divisors, rounded up; where no limit is written it is the machine's."""
    documents = own(f"{{name: A, valueFrom: {{resourceFieldRef: {{{reference}}}}}}}")
    facts = replace(FACTS, machine=MachineSize(4, 2**33))
    environment = resolve(read_env(container_of(documents)), facts, documents)
    assert environment.values == {"A": value}
    assert environment.missing == ()


@pytest.mark.parametrize(
    "reference", ["resource: limits.gpu", "resource: cpu", "resource: limits.cpu, containerName: b"]
)
def test_a_resource_that_is_not_there_is_told(reference: str) -> None:
    """By its field; the container does not start with half of what it asked for."""
    documents = own(f"{{name: A, valueFrom: {{resourceFieldRef: {{{reference}}}}}}}")
    (told,) = resolve(read_env(container_of(documents)), FACTS, documents).missing
    assert told.code == "unknown-field-path"
    assert told.origin.field.endswith("resourceFieldRef.resource")


def test_a_projected_volume_has_the_files_of_all_its_sources() -> None:
    """Of ConfigMaps, of the pod's own fields and resources; a token is told, for none is issued."""
    volume = """{name: v, projected: {sources: [
      {configMap: {name: settings}},
      {serviceAccountToken: {path: token}},
      {downwardAPI: {items: [
        {path: name, fieldRef: {fieldPath: metadata.name}},
        {path: cpu, resourceFieldRef: {containerName: app, resource: requests.cpu}},
        {path: odd, fieldRef: {fieldPath: status.nothing}}]}}]}}"""
    settings = "\n---\napiVersion: v1\nkind: ConfigMap\n"
    settings += "metadata: {name: settings, namespace: shop}\ndata: {color: green}\n"
    documents = documents_of(OWN.format(variable="", volume=volume) + settings)
    volumes, remarks = read_volumes(documents.of("Pod")[0].root.child("spec"))
    held = contents(volumes[0], FACTS, documents)
    assert held.files == {"color": b"green", "name": b"web", "cpu": b"1"}
    assert [each.code for each in held.missing] == ["unknown-field-path"]
    assert [each.origin.field for each in remarks] == [
        "spec.volumes[0].projected.sources[1].serviceAccountToken"
    ]


def test_bounds_of_an_empty_volume_are_told() -> None:
    """A lab does not evict; somebody who relies on it hears of it."""
    volume = "{name: v, emptyDir: {medium: Memory, sizeLimit: 1Mi}}"
    _, remarks = read_volumes(own(volume=volume).of("Pod")[0].root.child("spec"))
    assert [each.origin.field for each in remarks] == [
        "spec.volumes[0].emptyDir.medium",
        "spec.volumes[0].emptyDir.sizeLimit",
    ]

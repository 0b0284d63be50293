"""Variables, commands and volumes of a container."""

from __future__ import annotations

from gossamer.lab.plan.documents import LabDocuments, Stanza
from gossamer.lab.plan.image_rules import ImageRule
from gossamer.lab.plan.pod.command import LabSettings, choose
from gossamer.lab.plan.pod.environment import PodFacts, expand, read_env, resolve
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

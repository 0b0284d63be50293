"""Files that lie beside manifests for other programs: passed by in a folder, told when named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.lab.files import read_files
from gossamer.manifests.read import read_text
from gossamer.model.finding import Severity
from gossamer.store.manifest_files import manifest_files
from gossamer.store.paths import read_paths

FOREIGN = {
    "kustomization.yaml": "resources: [a.yaml]\n",
    "base.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n",
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "values.yaml": "replicas: 2\n",
    "values-production.yaml": "service: {kind: NodePort}\n",
    "operator.yaml": "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {}\n",
    "docker-compose.yml": "services: {web: {image: nginx}}\n",
    "skaffold.yaml": "apiVersion: skaffold/v4beta6\nkind: Config\nbuild: {}\n",
    "build.yml": "name: build\non: [push]\njobs: {test: {}}\n",
    "values.schema.json": '{"$schema": "http://json-schema.org/schema#", "type": "object"}',
    "package.json": '{"name": "shop", "version": "1.0.0"}',
    "kubeconfig.yaml": "apiVersion: v1\nkind: Config\nclusters: []\n",
    "playbook.yml": "- hosts: all\n",
}
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n"
TEMPLATE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n"
TRIED = {
    "no kind": "apiVersion: v1\nmetadata: {name: a}\n",
    "no apiVersion": "kind: Service\nmetadata: {name: a}\nspec: {}\n",
    "capitals": "ApiVersion: v1\nKind: Service\nmetadata: {name: a}\n",
    "neither": "metadata: {name: a}\nspec: {ports: []}\n",
    "broken": "apiVersion: v1\nkind: [\n",
}


def folder(place: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return str(place)


def test_a_folder_may_hold_files_of_other_programs(tmp_path: Path) -> None:
    """None of them is read, all are told in one remark; the manifest beside them is read."""
    found = manifest_files(read_paths([folder(tmp_path, {**FOREIGN, "a.yaml": SERVICE})]))
    assert [Path(file.name).name for file in found.manifests] == ["a.yaml"]
    (told,) = found.findings
    assert (told.severity, told.code) == (Severity.INFO, "not-a-manifest")
    assert all(name in told.message for name in FOREIGN)
    assert f"gossamer COMMAND -k {tmp_path}" in told.remedy


def test_a_lab_passes_them_by_too(tmp_path: Path) -> None:
    """`up` of the same folder starts what the manifest says."""
    files = read_files([folder(tmp_path, {**FOREIGN, "a.yaml": SERVICE})])
    assert [text for _, text in files.manifests] == [SERVICE]


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_named_it_is_told(name: str, tmp_path: Path) -> None:
    """Somebody who names such a file hears what it is, once, and nothing of it is used."""
    path = folder(tmp_path, {name: FOREIGN[name]}) + "/" + name
    files = manifest_files(read_paths([path])).manifests
    manifests, findings = read_text(files[0].raw, name)
    assert manifests == ()
    assert [each.code for each in findings] == ["not-a-manifest"]
    assert findings[0].remedy


@pytest.mark.parametrize("text", TRIED.values(), ids=list(TRIED))
def test_a_mistaken_object_is_still_an_error(text: str, tmp_path: Path) -> None:
    """What somebody meant as an object is told in a folder as well."""
    found = manifest_files(read_paths([folder(tmp_path, {"a.yaml": text})]))
    assert [file.in_folder for file in found.manifests] == [True]
    _, findings = read_text(text, "a.yaml")
    assert {each.severity for each in findings} == {Severity.ERROR}
    assert not {"not-a-manifest", "helm-template"} & {each.code for each in findings}


def test_templates_get_one_sentence(tmp_path: Path) -> None:
    """A folder's templates are told together, as a warning, and not line by line."""
    texts = {f"templates/{n}.yaml": f"{TEMPLATE}---\n{TEMPLATE}" for n in range(3)}
    found = manifest_files(read_paths([folder(tmp_path, texts)]))
    assert found.manifests == ()
    (told,) = found.findings
    assert (told.code, told.severity) == ("helm-template", Severity.WARNING)
    assert "2 more" in told.message


def test_a_named_template_is_one_error() -> None:
    """Its documents are not read one by one, for each would be told the same."""
    manifests, findings = read_text(f"{TEMPLATE}---\n{TEMPLATE}", "a.yaml")
    assert manifests == ()
    assert [(each.code, each.severity) for each in findings] == [("helm-template", Severity.ERROR)]


def test_templates_inside_values_are_text() -> None:
    """A ConfigMap may carry a template, as an injector's does: it is an object like any other."""
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    manifests, findings = read_text(head + "data:\n  t: |\n    {{ .Values.a }}\n", "a.yaml")
    assert (len(manifests), findings) == (1, ())

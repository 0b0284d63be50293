"""Findings on rendered objects point at the file and line that their author wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.cli.reading import gather, read_all
from gossamer.model.finding import Finding, Severity
from gossamer.render.given import Inputs

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: a/web
        ttty: true
"""
PATCH = """\
# a comment
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: web
        volumeMounts:
        - {name: nowhere, mountPath: /x}
"""


def write(place: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)


def findings_of(place: Path, folder: str = "top") -> tuple[Finding, ...]:
    """What `analyze -k` says of a folder by itself and of its objects one by one."""
    gathered = gather(Inputs((), (str(place / folder),)))
    return (*gathered.findings, *read_all(gathered.manifests).findings)


def where(place: Path, finding: Finding) -> str:
    """File and line, as people see them."""
    return f"{Path(str(finding.origin.file)).relative_to(place)}:{finding.origin.line}"


def test_a_field_points_at_the_file_that_it_came_from(tmp_path: Path) -> None:
    """A mistake of the base is told in the base, one of a patch in the patch."""
    top = "resources: [../base]\nnamePrefix: my-\nnamespace: prod\npatches: [{path: patch.yaml}]\n"
    base = {"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": DEPLOYMENT}
    write(tmp_path, {**base, "top/kustomization.yaml": top, "top/patch.yaml": PATCH})
    found = {where(tmp_path, each): each for each in findings_of(tmp_path)}
    assert set(found) == {"base/web.yaml:12", "top/patch.yaml:11"}
    assert found["base/web.yaml:12"].code == "unknown-field"
    assert str(found["top/patch.yaml:11"].origin.object) == "Deployment prod/my-web"


def test_an_inline_patch_has_lines_of_its_own(tmp_path: Path) -> None:
    """They are those of the kustomization.yaml that it stands in."""
    inline = "".join(f"    {line}\n" for line in PATCH.splitlines())
    top = f"resources: [web.yaml]\npatches:\n- patch: |-\n{inline}"
    good = DEPLOYMENT.replace("        ttty: true\n", "")
    write(tmp_path, {"top/kustomization.yaml": top, "top/web.yaml": good})
    (told,) = findings_of(tmp_path)
    assert where(tmp_path, told) == "top/kustomization.yaml:14"


@pytest.mark.parametrize(
    ("top", "line", "code", "words"),
    [
        ("resources: [https://github.com/a/b?ref=v1]", 1, "remote-resource", "fetches nothing"),
        ("resources:\n- web.yaml\n- github.com/a/b", 3, "remote-resource", "fetches nothing"),
        ("resources: [wed.yaml]", 1, "missing-reference", "wed.yaml: no such file"),
        ("resources: [../other]", 1, "invalid-kustomization", "no kustomization.yaml"),
        ("resources: [../secret.yaml]", 1, "invalid-kustomization", "not in or below"),
        ("resources: [../top]", 1, "invalid-kustomization", "build on each other"),
        ("resources: [web.yaml, web.yaml]", 1, "invalid-kustomization", "among the resources"),
        ("resources: [web.yaml]\nnameprefix: a-", 2, "unknown-field", "nameprefix"),
        ("resources: web.yaml", 1, "wrong-type", "resources"),
        ("resources: [web.yaml]\nhelmCharts: []", 2, "unsupported-field", "helmCharts"),
        ("resources: [web.yaml]\ntransformers: [a]", 2, "unsupported-field", "transformers"),
        (
            "resources: [web.yaml]\nreplicas: [{name: wep, count: 2}]",
            2,
            "invalid-kustomization",
            "has the name wep",
        ),
        (
            "resources: [web.yaml]\nimages: [{name: a/web, newTag: 1.10}]",
            2,
            "wrong-type",
            "images[0].newTag",
        ),
        (
            "configMapGenerator:\n- name: a\n  behavior: merge",
            2,
            "invalid-kustomization",
            "no ConfigMap a",
        ),
        (
            "configMapGenerator:\n- name: a\n  files: [/etc/hostname]",
            3,
            "invalid-kustomization",
            "not in or below",
        ),
        (
            "resources: [web.yaml]\npatches:\n- target: {kind: Deployment}\n"
            "  patch: '[{op: replace, path: /spec/replica, value: 1}]'",
            4,
            "invalid-kustomization",
            "no /spec/replica",
        ),
        ("kind: Deployment\nresources: []", 1, "invalid-kustomization", "this is a Deployment"),
        ("resources: [", 2, "invalid-yaml", ""),
    ],
)
def test_what_cannot_be_rendered_is_told(
    tmp_path: Path, top: str, line: int, code: str, words: str
) -> None:
    """By name, at file and line; and nothing of the folder is used."""
    write(tmp_path, {"top/kustomization.yaml": top, "top/web.yaml": DEPLOYMENT})
    write(tmp_path, {"other/a.yaml": DEPLOYMENT, "secret.yaml": DEPLOYMENT})
    gathered = gather(Inputs((), (str(tmp_path / "top"),)))
    told = next(each for each in gathered.findings if each.code == code)
    assert words in told.message
    assert told.severity is Severity.ERROR
    assert where(tmp_path, told) == f"top/kustomization.yaml:{line}"
    assert gathered.manifests == ()


@pytest.mark.parametrize(
    ("top", "words"),
    [
        ("images: [{name: a/wep, newTag: '2'}]", "no container has the image a/wep"),
        ("patches: [{target: {kind: Deploy}, patch: '[]'}]", "fits none of the resources"),
    ],
)
def test_what_changes_nothing_is_a_warning(tmp_path: Path, top: str, words: str) -> None:
    """Kustomize is silent there, and a misspelt image stays the old one."""
    text = f"resources: [web.yaml]\n{top}\n"
    write(tmp_path, {"top/kustomization.yaml": text, "top/web.yaml": DEPLOYMENT})
    told = findings_of(tmp_path)[0]
    assert (told.severity, told.code) == (Severity.WARNING, "no-effect")
    assert words in told.message


def test_a_folder_without_kustomization_is_told(tmp_path: Path) -> None:
    """What `-k` names has to have one; a file of that name twice is none."""
    write(tmp_path, {"top/web.yaml": DEPLOYMENT})
    (told,) = findings_of(tmp_path)
    assert "has no kustomization.yaml" in told.message


def test_no_manifest_can_claim_another_origin(tmp_path: Path) -> None:
    """A header such as rendered text has counts for nothing in a person's file."""
    forged = '# gossamer.dev/origins: {"files":["/etc/shadow"],"at":[[0,1],[0,1],[0,1]]}\n'
    write(tmp_path, {"top/web.yaml": forged + DEPLOYMENT})
    gathered = gather([str(tmp_path / "top")])
    (told,) = read_all(gathered.manifests).findings
    assert where(tmp_path, told) == "top/web.yaml:13"

"""A chart's folder is rendered by helm where it is installed; elsewhere the command is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from gossamer.cli.error import CliError
from gossamer.cli.reading import files_at, gather, read_all
from gossamer.model.finding import Severity

TEMPLATE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selectr: {app: web}
  ports: [{name: http, port: {{ .Values.port }}}]
"""
RENDERED = """\
---
# Source: shop/templates/web.yaml
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selectr: {app: web}
  ports: [{name: http, port: 80}]
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart of one template."""
    folder = tmp_path / "shop"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("port: 80\n")
    (folder / "templates" / "web.yaml").write_text(TEMPLATE)
    return folder


@pytest.fixture
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name, which prints what helm would print of the chart."""
    program = tmp_path / "bin" / "helm"
    program.parent.mkdir()
    (tmp_path / "rendered").write_text(RENDERED)
    program.write_text(
        f'#!/bin/sh\n[ "$1 $2" = "template shop" ] || exit 2\ncat {tmp_path}/rendered\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def test_a_chart_is_rendered_and_points_at_its_template(chart: Path, helm: Path) -> None:
    """A finding names the template's own line, be it filled in or not."""
    read = read_all(gather([str(chart)]).manifests)
    assert [str(each.ref) for each in read.manifests] == ["Service default/shop"]
    assert read.manifests[0].origin(("metadata", "name")).line == 4
    told = next(each for each in read.findings if each.code == "unknown-field")
    assert (told.origin.file, told.origin.line) == (str(chart / "templates" / "web.yaml"), 6)


def test_where_helm_is_missing_the_command_is_told(
    chart: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is read half: whoever has helm elsewhere can copy the command."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (told,) = gather([str(chart)]).findings
    assert (told.severity, told.code) == (Severity.ERROR, "helm-template")
    assert f"helm template shop {chart} | gossamer COMMAND -f -" in told.remedy
    with pytest.raises(CliError, match="helm is not installed"):
        files_at([str(chart)])


def test_what_helm_refuses_is_told_in_its_words(chart: Path, helm: Path) -> None:
    """A chart that lacks a dependency, say."""
    helm.write_text("#!/bin/sh\necho 'Error: missing in charts/ directory: redis' >&2\nexit 1\n")
    (told,) = gather([str(chart)]).findings
    assert "missing in charts/ directory: redis" in told.message

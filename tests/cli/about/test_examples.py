"""`gossamer examples`: what comes with the program can be listed, read and copied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gossamer.bundled.examples_index import Example, examples_in
from gossamer.bundled.folders import EXAMPLES
from gossamer.cli.commands.about.examples import examples
from gossamer.cli.error import CliError


def asked(*words: str) -> Result:
    return CliRunner().invoke(examples, words, catch_exceptions=True)


def test_every_folder_is_listed_with_what_it_shows() -> None:
    """The list is the folders' own: none is missing, and each has files to run."""
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    listed = json.loads(asked("-o", "json").output)
    assert {example["name"] for example in listed} == folders
    for example in listed:
        assert example["summary"]
        assert any(name.endswith(".yaml") for name in example["files"])
        assert f"{example['name']}  " in asked().output


@pytest.mark.parametrize("example", examples_in(EXAMPLES), ids=lambda example: example.name)
def test_the_readme_names_paths_that_a_copy_has(
    example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy lies where the README's commands look for it, byte for byte."""
    monkeypatch.chdir(tmp_path)
    assert f"./examples/{example.name}" in asked(example.name, "--copy").output
    copied = tmp_path / "examples" / example.name
    assert f"gossamer up examples/{example.name}" in (copied / "README.md").read_text()
    for path in example.files():
        assert (copied / path.relative_to(example.folder)).read_bytes() == path.read_bytes()


def test_a_copy_overwrites_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder or a link of that name is left as it is, and named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples" / "httpbin").mkdir(parents=True)
    (tmp_path / "examples" / "bookinfo").symlink_to("/nowhere")
    for name in ("httpbin", "bookinfo"):
        done = asked(name, "--copy")
        assert isinstance(done.exception, CliError)
        assert f"./examples/{name} exists" in str(done.exception)
    assert list((tmp_path / "examples" / "httpbin").iterdir()) == []


def test_an_unknown_example_is_answered_with_the_near_name() -> None:
    """The error names what was asked, what is near, and what there is."""
    done = asked("bookinf")
    assert isinstance(done.exception, CliError)
    assert "'bookinf' (did you mean 'bookinfo'?)" in str(done.exception)
    assert "httpbin" in str(done.exception)

"""The stubs that tell mypy what Envoy's messages hold."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "envoy_stubs.py"


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    subprocess.run([sys.executable, SCRIPT, folder], check=True)
    return folder


def _check(stubs: Path, line: str) -> str:
    program = f"from envoy.type.v3.http_status_pb2 import HttpStatus, StatusCode\n{line}\n"
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file=",
        "--cache-dir=/dev/null",
        "-c",
        program,
    ]
    env = {"MYPYPATH": str(stubs)}
    return subprocess.run(command, env=env, cwd=stubs, capture_output=True, text=True).stdout


def test_right_use_of_a_message_passes(stubs: Path) -> None:
    """Code that names fields and enums as Envoy does is accepted."""
    assert "Success" in _check(stubs, "HttpStatus(code=StatusCode.NotFound)")


def test_bare_number_for_an_enum_is_an_error(stubs: Path) -> None:
    """An enum is written by its name: mypy refuses a number in its place."""
    assert '"int"; expected "ValueType' in _check(stubs, "HttpStatus(code=404)")


def test_misspelt_field_is_an_error(stubs: Path) -> None:
    """A field that Envoy does not have is found before any test runs."""
    assert 'has no attribute "cod"' in _check(stubs, "HttpStatus().cod")

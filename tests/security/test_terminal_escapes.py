"""Nobody's name, value or file reaches the terminal as a command to it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import gossamer.cli
from gossamer.cli.commands.manifests.analyze import finding_lines
from gossamer.cli.main import cli
from gossamer.cli.terminal.output import (
    one_line,
    pass_on,
    print_json,
    print_table,
    print_yaml,
    say,
    visible,
)

EVIL = "a\x1b[31mb\x9b2Jc\rd\x07e\u202ef\u2066g\x7fh"
SHOWN = "a\\x1b[31mb\\x9b2Jc\\x0dd\\x07e\\u202ef\\u2066g\\x7fh"


def is_safe(text: str) -> bool:
    """Whether a terminal would obey nothing in it."""
    return visible(text) == text


def test_control_characters_are_shown() -> None:
    """C0, C1, DEL and bidi overrides, as escapes that a person can read; the rest as it was."""
    assert visible(EVIL) == SHOWN
    assert visible("größe\tüber 5 µs\n") == "größe\tüber 5 µs\n"


def test_all_that_is_said_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    """Text, tables and errors pass one rim."""
    say(EVIL)
    say(EVIL, err=True)
    print_table(("NAME",), [(EVIL,), ("x\ny",)])
    out, err = capsys.readouterr()
    assert is_safe(out)
    assert is_safe(err)
    assert "x\\ny" in out


def test_programs_read_the_very_value(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON and YAML escape in their own way, so nothing is lost and nothing is obeyed."""
    print_json({"name": EVIL})
    told = capsys.readouterr().out
    assert is_safe(told)
    assert json.loads(told) == {"name": EVIL}
    print_yaml([{"name": EVIL}])
    told = capsys.readouterr().out
    assert is_safe(told)
    assert yaml.safe_load(told) == {"name": EVIL}


def test_a_value_feigns_no_line() -> None:
    """A newline in what a finding quotes starts no line that looks like another finding."""
    told = {
        **dict.fromkeys(("severity", "code", "object", "effect", "remedy"), "x"),
        "file": "a.yaml",
        "line": None,
        "field": "",
        "message": "bad\nb.yaml:1: error: forged",
    }
    assert all("\n" not in line for line in finding_lines(told))


def test_findings_on_hostile_files_are_safe(tmp_path: Path) -> None:
    """In names, values, keys, source lines and the name of the file itself."""
    file = tmp_path / "evil\x1b[2J\u202e.yaml"
    file.write_text(
        'apiVersion: v1\nkind: Service\nmetadata: {name: "a\\e[31m\\n\\u202e"}\n'
        'spec: {ports: "\\e]0;title\\a", "k\\e[1m": 1}\n---\nkind: "\\e[31m"\napiVersion: v1\n'
        "---\nfoo: \u202etext\n--- \n\x1b[31m\n"
    )
    told = CliRunner().invoke(cli, ["analyze", str(file)]).output
    assert told.count("remedy") >= 4
    assert is_safe(told)


@pytest.mark.parametrize("words", [["analyze", "no\x1b[31m.yaml"], ["analyze", "--x\x1b[31m"]])
def test_what_a_person_names_wrongly_is_safe(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A glob may have put somebody else's file name on the command line."""
    from gossamer.cli.main import main

    monkeypatch.setattr("sys.argv", ["gossamer", *words])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr().err
    assert "\\x1b[31m" in said
    assert is_safe(said)


def test_one_rim() -> None:
    """No command writes past it: `print`, `click.echo` and the streams belong to output.py."""
    root = Path(gossamer.cli.__file__).parent
    past = [
        f"{path.name}:{node.lineno}"
        for path in sorted(root.rglob("*.py"))
        if path.name != "output.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func)
        in ("print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write")
    ]
    assert past == []


def test_one_line_is_one() -> None:
    """Whatever separates lines for a terminal or an editor."""
    assert one_line("a\nb\u2028c\x85d\x0be") == "a\\nb\\u2028c\\x85d\\x0be"


def test_an_application_s_own_bytes_pass(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """`logs` and `exec` are the application's own voice, as with kubectl."""
    pass_on(b"\x1b[1mbold\xff\n")
    assert capfdbinary.readouterr().out == b"\x1b[1mbold\xff\n"

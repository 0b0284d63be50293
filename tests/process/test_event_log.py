"""Logs: an event and all its fields reach the line, and nothing that a line must not hold."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gossamer.process.event_log import FORMAT_VARIABLE, EventLog
from gossamer.process.log_format import JsonFormat, TextFormat

ARMOUR = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"


class Written:
    """What a format made of everything that was logged through `gossamer.test`."""

    def __init__(self, form: logging.Formatter) -> None:
        self._out = io.StringIO()
        self.handler = logging.StreamHandler(self._out)
        self.handler.setFormatter(form)

    @property
    def text(self) -> str:
        return self._out.getvalue()


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    """A log of the format that the test is parametrized with."""
    logger, at = logging.getLogger("gossamer.test"), Written(request.param())
    logger.addHandler(at.handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield at
    logger.removeHandler(at.handler)
    logger.propagate = True


text = pytest.mark.parametrize("written", [TextFormat], indirect=True)
in_json = pytest.mark.parametrize("written", [JsonFormat], indirect=True)
both = pytest.mark.parametrize("written", [TextFormat, JsonFormat], indirect=True)
log = EventLog("gossamer.test")


@text
def test_a_line_for_people(written: Written) -> None:
    """Time, level, logger, event, then key=value: bare where that is clear, else quoted."""
    log.warning("not-signed", pod="default/web", tries=3, reason="no answer", at=Path("/run/x"))
    head, _, rest = written.text.partition(" ")
    assert head.endswith("Z")
    assert "T" in head
    assert rest == (
        'WARNING gossamer.test not-signed pod=default/web tries=3 reason="no answer" at=/run/x\n'
    )


@in_json
def test_a_line_for_programs(written: Written) -> None:
    """One object with the same; a field called as one of the line's own keeps its value."""
    log.info("signed", pod="default/web", metadata={"a": [1, None]}, level="high", msg="m")
    line = json.loads(written.text)
    assert line.pop("time")
    assert line == {
        "level": "info",
        "logger": "gossamer.test",
        "event": "signed",
        "pod": "default/web",
        "metadata": {"a": [1, None]},
        "level_": "high",
        "msg": "m",
    }


@both
def test_fields_given_by_extra_are_there(written: Written) -> None:
    """A library's `extra=` is part of the line, and its %-arguments are filled in."""
    logging.getLogger("gossamer.test").warning("refused %s", "a caller", extra={"uid": 1001})
    assert "refused a caller" in written.text
    assert "1001" in written.text


@both
def test_control_characters_are_shown_and_never_sent(written: Written) -> None:
    """No value can begin a line of its own, move a cursor or turn a name around."""
    log.info("a\nb\x1b[2J", **{"k\n": "v\n2026 INFO x forged \x9b\x7f\u202e\ud800"})
    body = written.text.removesuffix("\n")
    assert body.isprintable()
    assert "\n" not in body


@text
def test_a_traceback_cannot_feign_a_record(written: Written) -> None:
    """Each of its lines is indented, those of the error's message too."""
    try:
        raise ValueError("one\n2026-01-01T00:00:00.000Z INFO gossamer forged\x1b[2J")
    except ValueError:
        log.exception("failed", pod="a/b")
    first, *others = written.text.rstrip("\n").split("\n")
    assert first.endswith("ERROR gossamer.test failed pod=a/b")
    assert any("Traceback" in line for line in others)
    assert all(line.startswith("  ") and line.isprintable() for line in others)


@in_json
def test_a_traceback_is_a_field(written: Written) -> None:
    """An error that was caught elsewhere is told with its own traceback."""
    log.exception("failed", ValueError("x"))
    assert "ValueError: x" in json.loads(written.text)["traceback"]


@both
@pytest.mark.parametrize(
    "fields",
    [
        {"password": "hunter2"},
        {"join_token": "hunter2"},
        {"headers": {"Authorization": "hunter2"}},
        {"secrets": ["hunter2"]},
        {"body": b"hunter2"},
        {"reason": f"cannot read {ARMOUR}"},
        {"list": [ARMOUR]},
    ],
)
def test_secrets_are_not_logged(written: Written, fields: dict[str, object]) -> None:
    """Neither what is named as one, nor bytes, nor anything in a private key's armour."""
    log.warning("x", **fields)
    assert "hunter2" not in written.text
    assert "MHcCAQEE" not in written.text


def test_a_private_key_in_an_error_is_not_logged() -> None:
    """Libraries quote what they could not read."""
    try:
        raise ValueError(ARMOUR)
    except ValueError:
        record = logging.makeLogRecord({"msg": ARMOUR, "exc_info": sys.exc_info()})
    for form in (TextFormat(), JsonFormat()):
        assert "MHcCAQEE" not in form.format(record)


LOGS = """
import os
from gossamer.process.event_log import EventLog, set_up_logs
set_up_logs(os.environ)
EventLog("gossamer.x").info("started", pid=7)
"""


def lines_of_a_program(form: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", LOGS],
        env={FORMAT_VARIABLE: form},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


@pytest.mark.parametrize("form", ["", "text"])
def test_a_program_logs_text_unless_told(form: str) -> None:
    """To standard error, which its supervisor keeps."""
    (line,) = lines_of_a_program(form)
    assert line.endswith("INFO gossamer.x started pid=7")


def test_a_program_logs_json_when_told() -> None:
    """GOSSAMER_LOG_FORMAT=json."""
    (line,) = lines_of_a_program("json")
    assert json.loads(line)["pid"] == 7


def test_an_unknown_format_is_told_and_logs_go_on() -> None:
    """A misspelt variable costs the format, not the logs."""
    warned, line = lines_of_a_program("xml")
    assert "log-format-unknown variable=GOSSAMER_LOG_FORMAT value=xml" in warned
    assert "set it to text or json" in warned
    assert line.endswith("started pid=7")


def test_the_set_up_is_the_only_one() -> None:
    """Every program's logs pass the same function: no module formats logs of its own."""
    source = Path(__file__).parents[2] / "src" / "gossamer"
    own = {source / "process" / "event_log.py", source / "process" / "log_format.py"}
    texts = {path: path.read_text() for path in source.rglob("*.py") if path not in own}
    assert [path.name for path, text in texts.items() if "import logging" in text] == []
    called = {path for path, text in texts.items() if "set_up_logs(os.environ)" in text}
    rooms = {path.relative_to(source).parts[0] for path in called}
    assert rooms == {"agent", "dns", "lab", "opa", "plane"}

"""What Rego sees of a call, and what is written down of it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from envoy.service.auth.v3.external_auth_pb2 import CheckRequest

from gossamer.opa.decision_log import DecisionLog, decision_line
from gossamer.opa.question import input_of
from gossamer.opa.verdict import RegoVerdict


def asked(path: str = "/a%20b/c?x=1&x=2&y", body: str = "", **headers: str) -> CheckRequest:
    """A check as Envoy sends it."""
    request = CheckRequest()
    request.attributes.source.principal = "spiffe://cluster.local/ns/shop/sa/web"
    http = request.attributes.request.http
    http.method, http.path, http.host, http.body = "GET", path, "billing", body
    http.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return request


def test_path_and_query_are_parsed() -> None:
    """In the words of OPA's Envoy plugin."""
    seen = input_of(asked())
    assert seen["parsed_path"] == ["a b", "c"]
    assert seen["parsed_query"] == {"x": ["1", "2"], "y": [""]}
    assert seen["attributes"]["request"]["http"]["method"] == "GET"
    assert seen["attributes"]["source"]["principal"].endswith("sa/web")


@pytest.mark.parametrize(
    ("body", "headers", "parsed", "truncated"),
    [
        ('{"a": 1}', {"content_type": "application/json"}, {"a": 1}, False),
        ('{"a": 1}', {"content_type": "text/plain"}, None, False),
        ('{"a":', {"content_type": "application/json", "content_length": "900"}, None, True),
        ('{"a":', {"content_type": "application/json"}, None, False),
        ("", {"content_type": "application/json"}, None, False),
        ("[" * 100_000, {"content_type": "application/json"}, None, False),
    ],
)
def test_a_body_is_parsed_where_it_is_whole(
    body: str, headers: dict[str, str], parsed: object, truncated: bool
) -> None:
    """What is cut off, of another type or no JSON is not guessed at."""
    seen = input_of(asked(body=body, **headers))
    assert (seen["parsed_body"], seen["truncated_body"]) == (parsed, truncated)


def test_secrets_are_not_written_down(tmp_path: Path) -> None:
    """The log names who asked what; tokens and cookies stay out of it."""
    log = DecisionLog(tmp_path / "decisions.log", lambda: "now")
    request = asked("/pay?token=t0ken", authorization="Bearer s3cret", cookie="id=s3cret", x_a="1")
    log.write("opa/shop", "data.envoy.authz.allow", request, RegoVerdict(False, reason="no"))
    text = (tmp_path / "decisions.log").read_text()
    assert "s3cret" not in text
    assert "t0ken" not in text
    line = json.loads(text)
    assert (line["result"], line["status"], line["reason"]) == (False, 403, "no")
    assert (line["path"], line["url_path"]) == ("envoy/authz/allow", "/pay")
    assert line["headers"] == {"authorization": "(left out)", "cookie": "(left out)", "x-a": "1"}
    assert (tmp_path / "decisions.log").stat().st_mode & 0o777 == 0o600


def test_a_header_cannot_make_a_line_of_its_own() -> None:
    """What callers write stays inside its JSON string."""
    request = asked(x_a='\\n{"result": true}')
    line = decision_line("now", ("p", "a"), request, RegoVerdict(False))
    assert len(msgspec.json.encode(line).splitlines()) == 1


def test_a_full_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files at most, each of a bounded size."""
    monkeypatch.setattr("gossamer.opa.decision_log.LARGEST", 10)
    log = DecisionLog(tmp_path / "decisions.log", lambda: "now")
    for _ in range(4):
        log.write("p", "data.a.b", asked(), RegoVerdict(True))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["decisions.log", "decisions.log.1"]
    assert len((tmp_path / "decisions.log").read_text().splitlines()) == 1

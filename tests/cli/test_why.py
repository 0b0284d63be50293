"""`why`, `can` and `segments` on a lab of canned answers and written logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gossamer.agent.folder import folder_name
from gossamer.cli.error import CliError
from gossamer.cli.main import cli
from tests.cli.canned_lab import CannedLab, canned_lab

NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
RULE = "AuthorizationPolicy_b/guard_rule_0"
PLACE = {
    "object": "AuthorizationPolicy b/guard",
    "file": "g.yaml",
    "line": 7,
    "field": "spec.rules[0]",
}


def pod(namespace: str, name: str, ip: str) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "name": name,
        "workload": name,
        "ip": ip,
        "ips": [ip],
        "labels": {"app": name},
        "proxy": True,
        "ready": True,
        "phase": "running",
    }


WEB, PAY = pod("a", "web", "10.244.0.2"), pod("b", "pay", "10.244.0.3")
JOB = {**pod("c", "job", "10.244.0.9"), "proxy": False}
SECURITY = (("c/job", "refused"), ("c/job", "plaintext"), ("a/x", "refused"))
ANSWERS = {
    "/v1/rules": {"rules": [{"rule": RULE, "because": [PLACE]}]},
    "/v1/documents": {
        "revision": 1,
        "documents": [
            {"name": "pay", "namespace": "b", "body": {"spec": {"selector": {"app": "pay"}}}}
        ],
    },
    "/v1/explain": {
        "verdict": "denied",
        "backends": [{"refusal": "b/pay accepts no plaintext on port 80 (STRICT)"}],
    },
    "/v1/segments": {
        "segments": [
            {"source": "a", "destination": "b", "extent": "none", "calls": [], "because": [PLACE]}
        ]
    },
    "/v1/mtls": {
        "calls": [
            {
                "source": source,
                "destination": "b/pay",
                "security": security,
                "port": 8080,
                "mode": "STRICT",
                "address": "10.244.0.9",
                "calls": 4,
                "last_seen": NOW,
                "by": PLACE,
            }
            for source, security in SECURITY
        ]
    },
    "/v1/traffic": {
        "known": True,
        "edges": [{"source": "a/web", "destination": "b/pay", "requests_total": 3, "mtls": True}],
    },
}


def line(
    code: int,
    flags: str = "-",
    details: str = "via_upstream",
    to: str = "10.244.0.3:80",
    cluster: str = "outbound|80||pay.b.svc.cluster.local",
    request_id: str = "id-1",
    path: str = "/x",
) -> str:
    return (
        f'[{NOW}] "GET {path} HTTP/1.1" {code} {flags} {details} - "-" 0 0 3 - "-" "curl" '
        f'"{request_id}" "pay.b" "{to}" {cluster} - 10.96.0.1:80 10.244.0.2:4000 - default\n'
    )


def arrived(request_id: str, details: str = f"rbac_access_denied_matched_policy[{RULE}]") -> str:
    return line(403, "-", details, "-", "inbound|80||", request_id)


@pytest.fixture
def lab() -> Iterator[CannedLab]:
    """Two pods whose logs a test writes, and one without a proxy."""
    with canned_lab(
        {"pods": {"pods": [WEB, PAY, JOB]}, "gateways": {"gateways": []}}, ANSWERS
    ) as running:
        yield running


def write(lab: CannedLab, owner: dict[str, Any], text: str) -> None:
    folder: Path = lab.folder.agent / folder_name(f"{owner['namespace']}/{owner['name']}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "access.log").write_text(text)


def asked(lab: CannedLab, *words: str) -> Result:
    home = lab.folder.root.parent.parent
    return CliRunner().invoke(cli, [*words], env={"GOSSAMER_HOME": str(home)})


def causes(lab: CannedLab) -> list[dict[str, Any]]:
    answer = json.loads(asked(lab, "why", "a/web", "b/pay", "-o", "json").stdout)
    return list(answer["causes"])


def test_a_denial_is_counted_once_with_its_line(lab: CannedLab) -> None:
    """Both ends wrote it down; the receiving one knows the rule, the plane its line."""
    write(lab, WEB, line(403) + line(403, request_id="id-2") + line(200, request_id="id-3"))
    write(lab, PAY, arrived("id-1") + arrived("id-2"))
    (cause,) = causes(lab)
    assert (cause["cause"], cause["count"], cause["because"]) == ("denied", 2, [PLACE])
    words = asked(lab, "why", "a/web", "b/pay").stdout
    assert "2 of 3 calls from a/web to b/pay in the last 10 min failed" in words
    assert "g.yaml:7  AuthorizationPolicy b/guard  spec.rules[0]" in words


def test_mtls_that_a_log_cannot_know(lab: CannedLab) -> None:
    """A closed connection is explained by the modes of both ends."""
    write(lab, WEB, line(503, "UC", "upstream_reset_before_response_started"))
    (cause,) = causes(lab)
    assert cause["cause"] == "reset"
    assert "accepts no plaintext" in cause["detail"]


def test_refused_plaintext_is_in_no_log(lab: CannedLab) -> None:
    """The control plane has counted it: `why` must not say that nothing failed."""
    write(lab, PAY, "")
    words = asked(lab, "why", "c/job", "b/pay").stdout
    assert "4 of 4 calls from c/job to b/pay in the last 10 min failed" in words
    assert "port 8080 takes mutual TLS alone (STRICT)" in words
    assert "g.yaml:7  AuthorizationPolicy b/guard  spec.rules[0]" in words
    assert "no call from a/web to b/pay" in asked(lab, "why", "a/web", "b/pay").stdout


def test_nobody_was_there(lab: CannedLab) -> None:
    """A call that reached no pod is known by the service that it was meant for."""
    write(lab, WEB, line(503, "UH", "no_healthy_upstream", "-"))
    assert [cause["cause"] for cause in causes(lab)] == ["no-endpoint"]


def test_hops_of_one_request(lab: CannedLab) -> None:
    """In their order, the reason where it failed."""
    write(lab, PAY, arrived("id-1"))
    write(lab, WEB, line(403))
    answer = json.loads(asked(lab, "why", "id-1", "-o", "json").stdout)
    assert [(hop["pod"], hop["side"]) for hop in answer["hops"]] == [
        ("a/web", "client"),
        ("b/pay", "server"),
    ]
    words = asked(lab, "why", "id-1").stdout
    assert "arrives at b/pay" in words
    assert "AuthorizationPolicy b/guard rule 0" in words


def test_what_callers_chose_is_shown_not_sent(lab: CannedLab) -> None:
    """Escapes are shown; a line with a quote too many is left out, and that is said."""
    write(lab, WEB, line(503, "UH", "x", "-", path="/\x1b[31m") + line(503, path='/" 200 - x'))
    done = asked(lab, "why", "a/web", "b/pay")
    assert "\x1b" not in done.stdout
    assert "\\x1b[31m" in done.stdout
    assert "1 lines were left out" in done.stderr


def test_names_of_nothing(lab: CannedLab) -> None:
    """An id that nobody logged, a pair of nobody, too many words."""
    write(lab, WEB, line(200))
    assert isinstance(asked(lab, "why", "id-9").exception, CliError)
    assert isinstance(asked(lab, "why", "a/web", "b/nobody").exception, CliError)
    assert asked(lab, "why", "a", "b", "c").exit_code == 2
    assert "none of 1 calls" in asked(lab, "why", "a/web", "b/pay").stdout


def test_segments_know_what_was_refused(lab: CannedLab) -> None:
    """3 calls were counted, 2 of them refused: one would be, from now on."""
    write(lab, PAY, arrived("id-1") + arrived("id-2"))
    (row,) = json.loads(asked(lab, "segments", "-o", "json").stdout)["segments"]
    assert (row["observed_calls"], row["refused_calls"]) == (3, 2)
    assert row["mark"] == "used but would be denied"
    assert "a to b, 3 calls" in asked(lab, "segments").stdout


def test_can_asks_by_whole_names(lab: CannedLab) -> None:
    """deploy/NAME and NAME with -n are made whole; the exit status is the answer."""
    lab.paths["/v1/can"] = {
        "allowed": None,
        "reason": "",
        "by": PLACE,
        "source": "",
        "destination": "",
        "request": "GET /",
        "other_requests": True,
        "ports": [],
    }
    done = asked(lab, "can", "-n", "a", "deploy/web", "svc/b/pay", "/x", "-H", "A: b")
    assert done.exit_code == 1
    assert "asked for GET /" in done.stdout
    path, question = next(each for each in lab.asked if each[0] == "/v1/can")
    assert (path, question["source"], question["destination"]) == ("/v1/can", "a/web", "svc/b/pay")
    assert question["headers"] == [["A", "b"]]
    assert asked(lab, "can", "a/b/c/d", "x").exit_code == 2
    assert asked(lab, "can", "sa/", "x").exit_code == 2

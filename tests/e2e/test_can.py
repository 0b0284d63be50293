"""`can`, `explain` and `why` say what real Envoys do: each call made, and asked about."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from gossamer.plane.client import PlaneClient
from tests.e2e.guarded_teams import POLICIES, SERVICES, TEAMS
from tests.e2e.lab_under_test import Lab, until

pytestmark = pytest.mark.e2e

BILLING, LEDGER, OPEN = "billing.team-b:8000", "ledger.team-b:8000", "open.team-b:8000"
READERS = "AuthorizationPolicy team-b/billing-readers"
SECRETS = "AuthorizationPolicy team-b/no-secrets"


@dataclass(frozen=True)
class Made:
    """A call of a pod of team-a, and what shall become of it: None for a closed connection."""

    source: str
    host: str
    path: str
    status: int | None
    method: str = "GET"
    header: tuple[str, str] | None = None


CALLS = (
    Made("web", BILLING, "/anything/invoices", 200),
    Made("web", BILLING, "/anything/invoices?year=2026", 200),
    Made("web", BILLING, "/anything/a/../invoices", 200),
    Made("web", BILLING, "/status/200", 200),
    Made("web", BILLING, "/anything/orders", 200, "POST"),
    Made("web", BILLING, "/anything/invoices", 403, "POST"),
    Made("web", BILLING, "/anything/invoices", 403, "DELETE"),
    Made("web", BILLING, "/anything", 403),
    Made("web", BILLING, "/", 403),
    Made("web", BILLING, "/anything/secret", 403),
    Made("web", BILLING, "/anything/secret/7", 403),
    Made("web", BILLING, "/anything/x/../secret", 403),
    Made("web", BILLING, "/anything/%73ecret", 403),
    Made("web", BILLING, "/anything/%2e%2e/anything/secret", 403),
    Made("web", BILLING, "/headers", 403),
    Made("web", BILLING, "/headers", 200, header=("x-role", "auditor")),
    Made("web", BILLING, "/headers", 403, header=("x-role", "auditors")),
    Made("batch", BILLING, "/headers", 200, header=("x-role", "auditor")),
    Made("batch", BILLING, "/anything/invoices", 403),
    Made("batch", BILLING, "/anything/secret", 403),
    Made("plain", BILLING, "/anything/invoices", 403),
    Made("plain", BILLING, "/headers", 403, header=("x-role", "auditor")),
    Made("web", LEDGER, "/status/200", 200),
    Made("web", LEDGER, "/anything/secret", 403),
    Made("plain", LEDGER, "/status/200", None),
    Made("plain", OPEN, "/status/200", 200),
    Made("plain", OPEN, "/anything/secret", 403),
    Made("batch", OPEN, "/anything/secret", 403, "PUT"),
    Made("batch", OPEN, "/anything/open", 200, "PUT"),
)


@pytest.fixture(scope="module")
def front(lab: Lab) -> str:
    """The gateway's URL of the lab, which has the two teams with their policies in force."""
    shape = lab.up_text(TEAMS + SERVICES + POLICIES)
    until(lambda: lab.status_of("deploy/web", f"http://{BILLING}/", ns="team-a") == 403)
    until(lambda: lab.status_of("deploy/web", f"http://{OPEN}/status/200", ns="team-a") == 200)
    return str(shape["gateways"][0]["url"])


@pytest.fixture(scope="module")
def teams(lab: Lab, front: str) -> Lab:
    """The lab of the two teams."""
    assert front
    return lab


@pytest.fixture(scope="module")
def plane(teams: Lab) -> PlaneClient:
    """The lab's control plane, asked without a process for each question."""
    return PlaneClient(teams.folder / "plane.sock")


def made(lab: Lab, calls: Sequence[Made]) -> list[int | None]:
    """What becomes of these calls of one pod, by curl."""
    lines = []
    for call in calls:
        header = f"-H '{call.header[0]}: {call.header[1]}'" if call.header else ""
        head = "curl -s -m 10 --path-as-is -o /dev/null -w '%{http_code}\\n'"
        lines.append(f"{head} -X {call.method} {header} 'http://{call.host}{call.path}'")
    script = "; ".join(lines)
    done = lab.exec(f"deploy/{calls[0].source}", "sh", "-c", script, ns="team-a", ok=False)
    return [int(text) or None for text in done.stdout.split()]


def test_each_answer_is_what_the_call_gets(teams: Lab, plane: PlaneClient) -> None:
    """30 calls: `can` and `explain` say of each what curl gets for it."""
    for source in ("web", "batch", "plain"):
        calls = [call for call in CALLS if call.source == source]
        assert made(teams, calls) == [call.status for call in calls]
        names = [pod["name"] for pod in teams.json("get", "pods", "-n", "team-a")]
        pod = next(name for name in names if name.startswith(f"{source}-"))
        for call in calls:
            answer = plane.can(question(call))
            assert answer["allowed"] is (call.status == 200), (call, answer)
            url = f"http://{call.host}{call.path}"
            headers = [call.header] if call.header else []
            told = plane.explain(f"team-a/{pod}", url, call.method, headers)
            verdict, status = ("routed", None) if call.status == 200 else ("denied", call.status)
            assert told["verdict"] == verdict, (call, told["hops"])
            assert told["status"] in ({status} if call.status else {None, 503}), (call, told)


BYTES = (
    "import socket, sys; s = socket.create_connection(('echo.team-c', 9000), 10); "
    "s.sendall(b'hello\\n'); sys.exit(0 if s.recv(99) else 1)"
)


@pytest.mark.parametrize(("source", "heard"), [("web", True), ("batch", False), ("plain", False)])
def test_bytes(teams: Lab, source: str, heard: bool) -> None:
    """A connection of bytes is answered, or closed; `can` and `explain` say which."""
    words = (*teams.env_words(), sys.executable, "-c", BYTES)
    done = teams.exec(f"deploy/{source}", *words, ns="team-a", ok=False)
    assert (done.returncode == 0) is heard, done.stderr
    answer = teams.json("can", f"team-a/{source}", "svc/team-c/echo", ok=False)
    assert (answer["allowed"], answer["ports"][0]["status"]) == (heard, None)
    assert answer["by"]["object"] == "AuthorizationPolicy team-c/echo-web"
    told = teams.json(
        "explain", "--from", f"deploy/{source}", "-n", "team-a", "tcp://echo.team-c:9000"
    )
    assert (told["verdict"], told["status"]) == ("routed" if heard else "denied", None)


def question(call: Made) -> dict[str, Any]:
    """The call as `can` is asked of it."""
    return {
        "source": f"team-a/{call.source}",
        "destination": f"svc/team-b/{call.host.partition('.')[0]}",
        "method": call.method,
        "path": call.path,
        "headers": [list(call.header)] if call.header else [],
    }


def test_who_decides_is_named(teams: Lab) -> None:
    """Policy, file, line and field; exit 0 for yes and 1 for no."""
    yes = teams.json("can", "team-a/web", "team-b/billing", "/anything/invoices")
    assert (yes["allowed"], yes["by"]["object"]) == (True, READERS)
    assert yes["by"]["field"] == "spec.rules[0]"
    assert yes["by"]["line"] == line_of("- from: [{source: {principals", 0)
    no = teams.run(
        *("can", "deploy/web", "svc/team-b/billing", "-n", "team-a", "/anything/secret"),
        *("--name", teams.name),
        ok=False,
    )
    assert no.returncode == 1
    assert f"{SECRETS} rule 0 refuses it" in no.stdout
    assert f":{SECRET_LINE}  {SECRETS}" in no.stdout
    lacking = teams.json("can", "sa/team-a/batch", "team-b/billing", "/x", ok=False)
    assert lacking["reason"] == f"no rule of {READERS} lets it in"
    plaintext = teams.json("can", "outside", "team-b/ledger", ok=False)
    assert "accepts no plaintext" in plaintext["reason"]
    assert plaintext["by"]["object"] == "PeerAuthentication team-b/ledger"
    wrong = teams.run("can", "team-a/nobody", "team-b/billing", "--name", teams.name, ok=False)
    assert (wrong.returncode, "there is no workload" in wrong.stderr) == (1, True)
    assert teams.run("can", "team-a/web", ok=False).returncode == 2


def line_of(text: str, which: int) -> int:
    """The line of the lab's manifest that begins with this text."""
    lines = (TEAMS + SERVICES + POLICIES).splitlines()
    return [at for at, line in enumerate(lines, 1) if line.strip().startswith(text)][which]


SECRET_LINE = line_of('- to: [{operation: {paths: ["/anything/secret*"]}}]', 0)


def test_a_gateways_policy(teams: Lab, front: str) -> None:
    """A call from outside is judged at the gateway, before any route is looked at."""
    url = front
    for path, status in (("/status/200", 200), ("/admin", 403), ("/x/../admin/x", 403)):
        told = teams.json("explain", "--from", "outside", f"{url}{path}")
        assert told["status"] == (None if status == 200 else status), told["hops"]
        assert outside_status(f"{url}{path}") == status
    elsewhere = teams.json(
        *("explain", "--from", "outside", f"{url}/status/200", "--client-ip", "203.0.113.9")
    )
    assert (elsewhere["verdict"], elsewhere["status"]) == ("denied", 403)
    assert elsewhere["because"][-1]["field"] == "spec.rules[1]"


def outside_status(url: str) -> int:
    """The status that somebody outside gets, for the path as it is written."""
    split = urlsplit(url)
    connection = http.client.HTTPConnection(split.hostname or "", split.port, timeout=10)
    try:
        connection.request("GET", split.path)
        return connection.getresponse().status
    finally:
        connection.close()


def test_why_calls_failed(teams: Lab) -> None:
    """Causes, counts, the rule with its line; the same for one request, hop by hop."""
    request_id = "11111111-2222-4333-8444-555555555555"
    for _ in range(2):
        url = f"http://{BILLING}/anything/secret"
        assert teams.status_of("deploy/batch", url, ns="team-a") == 403
    teams.status_of("deploy/batch", url, "-H", f"x-request-id: {request_id}", ns="team-a")
    told = until(lambda: why_denied(teams, "team-a/batch", "team-b/billing", 3))
    place = told["because"][0]
    assert (place["object"], place["field"]) == (SECRETS, "spec.rules[0]")
    assert place["line"] == SECRET_LINE
    hops = teams.json("why", request_id)["hops"]
    assert [(hop["side"], hop["code"]) for hop in hops] == [("client", 403), ("server", 403)]
    assert hops[1]["cause"]["rule"] == f"{SECRETS} rule 0"
    assert hops[1]["because"] == [place]
    words = teams.run("why", request_id, "--name", teams.name).stdout
    assert f"{SECRETS} rule 0" in words
    unknown = teams.run("why", "nothing-has-this-id", "--name", teams.name, ok=False)
    assert (unknown.returncode, "no proxy's log" in unknown.stderr) == (1, True)


def test_segments_put_what_was_seen_beside_what_is_allowed(teams: Lab) -> None:
    """By workloads, each pair with what the policies allow and what was counted."""
    rows = teams.json("segments", "--workloads")["segments"]
    pairs = {(row["source"], row["destination"]): row for row in rows}
    assert pairs["team-a/web", "team-c/echo"]["extent"] == "all"
    assert pairs["team-a/batch", "team-c/echo"]["extent"] == "none"
    assert pairs["team-a/web", "team-b/billing"]["extent"] == "some"
    assert pairs["team-a/web", "team-b/billing"]["observed_calls"] > 0
    assert pairs["team-b/open", "team-b/ledger"]["mark"] == "allowed but never used"
    assert not [row for row in rows if row["mark"] == "used but would be denied"]


def why_denied(lab: Lab, source: str, destination: str, count: int) -> Any:
    """The cause of denials by the policy about secrets, once it was counted so often."""
    causes = lab.json("why", source, destination)["causes"]
    wanted = f"{SECRETS} rule 0"
    return next((c for c in causes if c["rule"] == wanted and c["count"] >= count), None)


def test_traffic_names_what_refused(teams: Lab) -> None:
    """An edge with refused requests shows their rule and count."""
    denied = until(lambda: traffic_denied(teams))
    assert denied.get(f"{SECRETS} rule 0", 0) >= 1
    assert f"denied by {SECRETS} rule 0" in teams.run("traffic", "--name", teams.name).stdout


def traffic_denied(lab: Lab) -> dict[str, int]:
    """By rule, the refused requests of one edge."""
    rows = lab.json("traffic", "team-a/batch", "team-b/billing")
    return {each["rule"]: each["requests"] for row in rows for each in row.get("denied", ())}


def test_a_callers_words_do_not_reach_the_terminal(teams: Lab) -> None:
    """Control characters and quotes of a caller: shown, or the line is left out, and told."""
    url = f"http://{BILLING}/anything/secret"
    teams.status_of("deploy/batch", url, "-A", "x\x1b[31mred", ns="team-a")
    forged = 'x" "forged-id" "evil" "1.2.3.4:80" outbound|80||evil - - - - x'
    teams.status_of("deploy/batch", url, "-A", forged, ns="team-a")
    words = until(lambda: with_left_out(teams))
    assert "\x1b" not in words
    assert "evil" not in words
    assert teams.run("why", "forged-id", "--name", teams.name, ok=False).returncode == 1


def with_left_out(lab: Lab) -> str:
    """What `why` says once it has met a line that a caller broke."""
    done = lab.run("why", "team-a/batch", "team-b/billing", "--name", lab.name)
    return done.stdout + done.stderr if "were left out" in done.stderr else ""

"""Commands that ask a running lab: what they print of its answers, and what they ask for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from gossamer.cli.commands.manifests.plan import show_seen
from gossamer.cli.error import CliError
from gossamer.cli.lab_access import live_names
from gossamer.cli.main import cli, main
from tests.cli.canned_lab import CannedLab, canned_lab
from tests.cli.evidence import EVIDENCE, PLACE, PLAIN
from tests.cli.pictures.test_traffic import edge
from tests.cli.printing.pods import container, pod

SERVICE = {
    "kind": "Service",
    "api_version": "v1",
    "namespace": "shop",
    "name": "web",
    "file": "web.yaml",
    "line": 1,
    "created": "2026-01-01T00:00:00Z",
    "body": {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]},
    },
}
DEPLOYMENT = {
    **SERVICE,
    "kind": "Deployment",
    "api_version": "apps/v1",
    "body": {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "app", "image": "web:1"}]},
            },
        },
    },
}
EVENT = {
    "type": "Normal",
    "reason": "Scheduled",
    "kind": "Pod",
    "namespace": "shop",
    "name": "web-1",
    "message": "shop/web-1 starts at 10.244.1.1",
    "count": 1,
    "first": "2026-01-01T00:00:00Z",
    "last": "2026-01-01T00:00:00Z",
}
PROXY = {
    "pod": "shop/web-1",
    "connected": True,
    "synced": True,
    "pending": 0,
    "rejected": [],
    "workload": "shop/web",
    "envoy": "LIVE",
    "pid": 7,
    "restarts": 0,
    "discovery": "on-demand",
    "held": {"clusters": 1},
    "certificate_expires": "2027-01-01T00:00:00Z",
}
ADDRESS = {
    "kind": "Service",
    "type": "LoadBalancer",
    "note": "",
    "name": "shop/web",
    "port": "80",
    "url": "http://127.0.0.1:18080",
}
COUNTS = {"kind": "Deployment", "namespace": "shop", "name": "web", "desired": 1, "current": 1} | {
    "updated": 1,
    "ready": 1,
    "updated_ready": 1,
    "succeeded": 0,
    "failed": 0,
}
FINDING = {
    "severity": "warning",
    "code": "port-not-declared",
    "object": "Service shop/web",
    "file": "web.yaml",
    "line": 1,
    "field": "spec.ports[0]",
    "message": "no container declares port 80",
    "effect": "calls may fail",
    "remedy": "Declare it",
}
OPERATIONS: dict[str, Any] = {
    "pods": {"ready": True, "pods": [pod()]},
    "workloads": {"workloads": [COUNTS]},
    "events": {"events": [EVENT]},
    "gateways": {"gateways": []},
    "urls": {"urls": [ADDRESS]},
    "status": {"proxies": [PROXY]},
    "findings": {"findings": []},
    "restart": {},
    "scale": {"replicas": 3},
    "delete_pod": {},
    "plane": {},
    "revisions": {
        "revisions": [{"revision": 1, "cause": "", "since": None, "template": DEPLOYMENT["body"]}]
    },
    "observed": {"observed": True},
    "pod_preview": {
        "workloads": [
            {"kind": "Deployment", "namespace": "shop", "name": "web", "restarts": []}
            | {"starts": ["shop/web-2"], "stops": []}
        ],
        "pods": [],
    },
}
PATHS: dict[str, Any] = {
    "/v1/documents": {"revision": 3, "documents": [SERVICE, DEPLOYMENT]},
    "/v1/services": {
        "revision": 3,
        "services": [
            {
                "host": "web.shop.svc.cluster.local",
                "namespace": "shop",
                "addresses": ["10.96.0.7"],
                "ports": [{"number": 80, "protocol": "TCP", "endpoints": ["10.244.1.1:80"]}],
            }
        ],
    },
    "/v1/status": {
        "plane": {"pid": 1, "revision": 3, "version": "0.1.0", "sources": {}},
        "proxies": [],
    },
    "/v1/traffic": {"known": True, "edges": []},
    "/v1/mtls": EVIDENCE,
    "/v1/findings": {"findings": [FINDING]},
    "/v1/delete": {"deleted": ["Service shop/web"], "revision": 4},
    "/v1/apply": {
        "applied": [{"object": "Service shop/web", "action": "configured"}],
        "revision": 4,
        "findings": [],
        "refused": False,
        "proxies": [],
        "calls": [],
    },
}


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedLab]:
    """One pod behind one Service, and nothing wrong but one warning."""
    with canned_lab(OPERATIONS, PATHS) as running:
        monkeypatch.setenv("GOSSAMER_HOME", str(running.folder.root.parent.parent))
        yield running


def run(*words: str, text: str | None = None) -> Result:
    """`gossamer WORDS`, whose failure is the test's."""
    return CliRunner().invoke(cli, words, catch_exceptions=False, input=text)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("get pods -n shop", ["NAME", "web-1", "2/2", "Running"]),
        ("get pods,svc -A", ["pod/web-1", "service/web", "LoadBalancer", "127.0.0.1:18080"]),
        ("get deploy -n shop", ["web", "1/1"]),
        ("get deploy/web -n shop -o name", ["deployment.apps/web"]),
        ("get svc web -n shop -o jsonpath={.spec.ports[0].port}", ["80"]),
        ("get svc web -n shop -o yaml", ["kind: Service"]),
        ("get endpoints -n shop", ["10.244.1.1"]),
        ("get ns", ["shop", "default"]),
        ("get nodes", ["NAME"]),
        ("get rs -n shop", ["NAME", "web"]),
        ("get events -n shop", ["Scheduled", "pod/web-1"]),
        ("get all -n shop", ["pod/web-1", "service/web", "deployment.apps/web"]),
        ("events -n shop", ["Scheduled", "shop/web-1 starts at 10.244.1.1"]),
        ("describe pod web-1 -n shop", ["web-1", "app:", "Scheduled"]),
        ("describe svc web -n shop", ["web", "10.244.1.1:80", "no container declares port 80"]),
        ("open", ["service shop/web: http://127.0.0.1:18080"]),
        ("status", ["plane: running", "shop/web-1"]),
        ("version", ["client:", "plane: 0.1.0", "envoy:"]),
        ("rollout status deploy/web -n shop", ["successfully rolled out"]),
        ("wait --for=condition=Ready pod/web-1 -n shop", ["condition met"]),
        ("restart deploy/web -n shop", ["web"]),
        ("scale deploy/web -n shop --replicas 3", ["3"]),
        ("delete pod web-1 -n shop", ["web-1 deleted"]),
        ("delete svc web -n shop", ["Service shop/web deleted"]),
        ("plane stop", ["stopped"]),
    ],
    ids=str,
)
def test_a_command_prints_what_the_lab_answers(
    lab: CannedLab, words: str, printed: list[str]
) -> None:
    """Each in the words that kubectl's users expect, and exit status 0."""
    done = run(*words.split())
    assert done.exit_code == 0, done.output
    for text in printed:
        assert text in done.output


@pytest.mark.parametrize("words", ["get pods -A", "describe svc web -n shop", "status", "open"])
def test_programs_get_json(lab: CannedLab, words: str) -> None:
    """The same answers as one value."""
    assert json.loads(run(*words.split(), "-o", "json").stdout)


def test_a_plan_names_the_pods_that_would_start(lab: CannedLab) -> None:
    """The holder is asked for pods of the next documents, and the plane is told of them."""
    text = json.dumps(SERVICE["body"])
    done = run("plan", "-f", "-", text=text)
    assert "Deployment shop/web: 1 pod would be started: web-2" in done.output
    previewed = next(each for each in lab.asked if isinstance(each, dict) and "documents" in each)
    assert [each["kind"] for each in previewed["documents"]] == ["Service", "Deployment"]
    assert ("/v1/apply", {"lab": []}) in [
        (path, body and body.get("supposed"))
        for path, body in (each for each in lab.asked if isinstance(each, tuple))
    ]


def test_an_apply_says_what_became_of_each_object(lab: CannedLab) -> None:
    """And `--dry-run` says what would."""
    text = json.dumps(SERVICE["body"])
    assert "Service shop/web configured" in run("apply", "-f", "-", text=text).output
    assert "would be configured" in run("apply", "--dry-run", "-f", "-", text=text).output


def test_live_names_complete_a_word(lab: CannedLab) -> None:
    """Pods, their workloads, services, namespaces, labs and objects of the lab that runs."""
    ctx = click.Context(cli)
    ctx.params = {"namespace": "shop", "lab": lab.folder}
    assert live_names.completed(live_names.pods, ctx, "w") == ["web-1"]
    assert live_names.completed(live_names.pods, ctx, "deploy/") == ["deploy/web"]
    assert live_names.completed(live_names.pods, ctx, "svc/") == ["svc/web"]
    assert live_names.completed(live_names.pods, ctx, "shop/") == ["shop/web-1"]
    assert live_names.completed(live_names.namespaces, ctx, "s") == ["shop"]
    assert live_names.completed(live_names.workloads, ctx, "") != []
    assert live_names.completed(live_names.labs, ctx, "") == ["default"]
    assert live_names.completed(live_names.objects, ctx, "deploy/") == ["deploy/web"]
    assert "services" in live_names.completed(live_names.objects, ctx, "serv")


def test_a_lab_that_is_away_completes_nothing() -> None:
    """No message is written into a command line."""
    ctx = click.Context(cli)
    ctx.params = {"lab": "none"}
    assert live_names.completed(live_names.pods, ctx, "") == []


def test_logs_are_read_where_the_holder_says(lab: CannedLab) -> None:
    """The present run alone, a tail of it, and the run before."""
    path = lab.folder.root / "app.log"
    path.write_text("old\none\ntwo\n")
    runs = {"started": None, "ended": None, "exit_status": None, "log": str(path)}
    run_now, run_before = {**runs, "log_offset": 4}, {**runs, "log_offset": 0}
    app = container(log=str(path), run=run_now, last_run=run_before, restarts=1)
    lab.operations["pods"] = {"ready": True, "pods": [pod(containers=[app])]}
    lab.operations["log_times"] = {"times": []}
    assert run("logs", "web-1", "-n", "shop").output == "one\ntwo\n"
    assert run("logs", "deploy/web", "-n", "shop", "--tail=1").output == "two\n"
    assert run("logs", "web-1", "-n", "shop", "-p").output == "old\n"
    prefixed = run("logs", "-l", "app=web", "-n", "shop", "--prefix").output
    assert prefixed.startswith("[pod/web-1/app] one\n")


def test_traffic_shows_the_edges(lab: CannedLab) -> None:
    """All of them, or those of a workload; a name of nothing is an error."""
    lab.paths["/v1/traffic"] = {"known": True, "edges": [edge("shop/web", "shop/db")]}
    assert "shop/db" in run("traffic").output
    assert "shop/db" in run("traffic", "deploy/web", "-n", "shop").output
    with pytest.raises(CliError, match="there is no workload or pod"):
        run("traffic", "deploy/nobody", "-n", "shop")


def test_mtls_shows_who_is_secured_and_what_strict_would_refuse(lab: CannedLab) -> None:
    """Callers with their addresses, modes with their lines, and what was not seen."""
    shown = run("mtls").output
    assert "unknown (10.1.2.3)" in shown
    assert "TLSv1.3 X25519MLKEM768" in shown
    assert "PeerAuthentication shop/all (peers.yaml:4)" in shown
    assert "would refuse 1 caller" in shown
    assert "not seen:\n  a job" in shown
    lab.paths["/v1/mtls"] = EVIDENCE | {"calls": [], "destinations": []}
    assert "no call was seen yet" in run("mtls").output


def test_mtls_of_one_workload_or_namespace(lab: CannedLab) -> None:
    """Calls from it and to it; a name of nothing is an error that lists the known ones."""

    def calls(*words: str) -> list[str]:
        answer = json.loads(run("mtls", *words, "-o", "json").output)
        return [call["destination"] for call in answer["calls"]]

    assert calls("shop/db") == ["shop/db"]
    assert calls("deploy/web", "-n", "shop") == ["shop/web", "shop/db"]
    assert calls("-n", "shop") == ["shop/web", "shop/db"]
    assert calls("-n", "other") == []
    with pytest.raises(CliError, match="known: shop/db, shop/web"):
        run("mtls", "nobody")


def test_plan_names_calls_that_were_seen_and_would_break(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the line that refuses them, and what nobody watched."""
    broken = PLAIN | {"reason": "port 8080 would be STRICT", "because": PLACE}
    show_seen({"observed": EVIDENCE["observed"], "breaks": [broken], "not_seen": ["a job"]})
    shown = capsys.readouterr().out
    assert "1 kind of calls seen since 2026-11-28T16:00:00+00:00 (1.5 h) would be refused" in shown
    assert "unknown (10.1.2.3) to shop/web:8080: 3" in shown
    assert "port 8080 would be STRICT: peers.yaml:4" in shown
    assert "not seen: a job" in shown
    show_seen(None)
    assert capsys.readouterr().out == ""


def test_analyze_live_asks_plane_and_pods(lab: CannedLab) -> None:
    """A warning is shown and is no failure."""
    done = run("analyze", "--live")
    assert "no container declares port 80" in done.output
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        (["gett"], 2, "Did you mean"),
        (["get", "podz"], 1, "pods"),
        (["get", "pod", "web-9", "-n", "shop"], 1, "web-9"),
        (["open", "nothing"], 1, "nothing was opened"),
        (["describe", "svc", "nope", "-n", "shop"], 1, "nope"),
        (["wait", "--for=condition=Ready", "pod/none", "-n", "shop"], 1, "none"),
        (["scale", "deploy/web", "--replicas", "-1"], 2, "replicas"),
    ],
    ids=str,
)
def test_main_ends_with_the_status_of_the_trouble(
    lab: CannedLab,
    words: list[str],
    status: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Wrong usage is 2, what cannot be done 1; both say why on standard error."""
    monkeypatch.setattr("sys.argv", ["gossamer", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == status
    assert text in capsys.readouterr().err


def test_a_lab_that_does_not_run_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how it is started."""
    monkeypatch.setenv("GOSSAMER_HOME", "/tmp/gossamer-none")
    monkeypatch.setattr("sys.argv", ["gossamer", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "gossamer up" in capsys.readouterr().err

"""What routes say is what traffic does: each feature seen from the caller, in every dialect."""

from __future__ import annotations

import json
from math import sqrt
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab, until
from tests.e2e.written import deployment, service, sleeper

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
ROUTING = HERE / "routing"
TEXT = "hashicorp/http-echo:1.0"
OF_WEB = ("matches", "changes", "retried", "faulty", "mirrored", "limited", "produced")
OF_BROWSERS = ("crossed", "crossing")
OF_TEXT = ("text", "shares", "rolled", "contested")


def over(name: str, selector: str, target: int) -> str:
    """A Service of that name over pods of another."""
    return service(name, target=target).replace(f"app: {name}", selector)


def said(version: str) -> str:
    """A pod that answers every path with its version."""
    args = f'args: ["-text={version}", "-listen=:5678"]'
    labels = f"app: {version}, all: text, version: {version}"
    return deployment(version, TEXT, 5678, labels=labels, container=args)


def everything(python: str) -> str:
    broken = f"'gossamer.dev/run': '{python} {HERE / 'failing_server.py'} 8080'"
    parts = [
        deployment("web", labels="app: web, mixed: in"),
        deployment("broken", labels="app: broken, mixed: in", annotations=f"{{{broken}}}"),
        said("v1"),
        said("v2"),
        sleeper("client"),
        sleeper("other"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: consumer}\n---\n",
        sleeper("client").replace("{name: client}", "{name: client, namespace: consumer}"),
        over("one", "app: v1", 5678),
        over("two", "app: v2", 5678),
        over("mixed", "mixed: in", 8080),
    ]
    parts += [over(name, "app: web", 8080) for name in (*OF_WEB, *OF_BROWSERS)]
    parts += [over(name, "all: text", 5678) for name in OF_TEXT]
    return "".join(parts)


@pytest.fixture(scope="module")
def mesh(lab: Lab) -> Lab:
    """A few pods, a Service for each feature over them."""
    lab.home.mkdir(exist_ok=True)
    path = lab.home / "pods.yaml"
    path.write_text(everything(lab.command()[0]))
    lab.up(path, ROUTING / "istio.yaml", ROUTING / "others.yaml")
    return lab


def asked(lab: Lab, *lines: str, pod: str = "deploy/client", ns: str = "default") -> list[str]:
    """The answers to several curls, made by one visit to the pod."""
    script = "; printf '\\036'; ".join(f"curl -sS -m 10 {line}" for line in lines)
    return lab.exec(pod, "sh", "-c", script, ns=ns).stdout.split("\036")


def counted(lab: Lab, pod: str, marker: str) -> int:
    """How many lines of a proxy's access log hold the marker."""
    return lab.run("logs", pod, "--proxy", "--name", lab.name).stdout.count(marker)


def is_share(count: int, share: float, calls: int) -> bool:
    """Whether a count lies within four standard deviations of its expectation."""
    return abs(count - share * calls) <= 4 * sqrt(calls * share * (1 - share))


def shares(lab: Lab, url: str, calls: int = 400) -> dict[str, int]:
    """How often each body came."""
    script = f"for i in $(seq {calls}); do echo {url}; done | xargs curl -sS -m 10"
    bodies = lab.exec("deploy/client", "sh", "-c", script).stdout.split()
    assert len(bodies) == calls
    return {body: bodies.count(body) for body in set(bodies)}


def test_each_kind_of_match_chooses_its_route(mesh: Lab) -> None:
    """Header, prefix, regex, method, query, authority; the first that fits, else the last."""
    answers = asked(
        mesh,
        "-H 'x-kind: gold' http://matches/",
        "http://matches/section/9",
        "http://matches/item/42",
        "-X DELETE http://matches/",
        "'http://matches/?q=1'",
        "http://matches.default/",
        "http://matches/item/x",
    )
    assert answers == [
        "by-header",
        "by-uri",
        "by-regex",
        "by-method",
        "by-query",
        "by-authority",
        "otherwise",
    ]
    assert asked(mesh, "http://matches/", pod="deploy/other") == ["by-source"]


@pytest.mark.parametrize("host", ["changes", "produced"])
def test_requests_and_answers_are_shaped(mesh: Lab, host: str) -> None:
    """Rewrite, redirect, headers and timeout, as VirtualService and as HTTPRoute."""
    moved, gone, sent, late = asked(
        mesh,
        f"http://{host}/old/x",
        f"-o /dev/null -D - http://{host}/gone",
        f"-D - -H 'x-remove: me' -H 'x-add: one' http://{host}/headers",
        f"-o /dev/null -w '%{{http_code}} %{{time_total}}' http://{host}/delay/3",
    )
    assert json.loads(moved)["url"].endswith("/anything/new/x"), moved
    if host == "changes":
        assert json.loads(moved)["headers"]["Host"] == ["rewritten.example"]
    assert "location: http://elsewhere.example/" in gone.lower()
    head, body = sent.replace("\r", "").split("\n\n", 1)
    headers = json.loads(body)["headers"]
    assert "x-answer: shaped" in head.lower()
    assert headers["X-Set"] == ["fresh"]
    assert ",".join(headers["X-Add"]) == "one,more"
    assert "X-Remove" not in headers
    status, seconds = late.split()
    assert status == "504"
    assert float(seconds) < 2


@pytest.mark.parametrize("host", ["crossed", "crossing"])
def test_a_browser_is_told_whose_pages_may_read(mesh: Lab, host: str) -> None:
    """CORS in both dialects: a host's first request is a preflight, answered by the proxy; another
    origin gets no leave; answers to an allowed one carry the headers."""
    shop = "-H 'origin: https://shop.example.com'"
    evil = "-H 'origin: https://evil.example.net'"
    asks = "-X OPTIONS -H 'access-control-request-method: PUT'"
    allowed, other, read, kept = (
        answer.replace("\r", "").lower()
        for answer in asked(
            mesh,
            f"-o /dev/null -D - {shop} {asks} http://{host}/anything",
            f"-o /dev/null -D - {evil} {asks} http://{host}/anything",
            f"-o /dev/null -D - {shop} http://{host}/status/418",
            f"-o /dev/null -D - {evil} http://{host}/status/418",
        )
    )
    assert "200 ok" in allowed.splitlines()[0]
    assert "access-control-allow-origin: https://shop.example.com" in allowed
    assert "access-control-allow-methods: get,put" in allowed
    assert "access-control-max-age: 3600" in allowed
    assert "x-envoy-upstream-service-time" not in allowed
    assert "200 ok" in other.splitlines()[0]
    assert "access-control-allow-origin" not in other
    assert "418" in read.splitlines()[0]
    assert "access-control-allow-origin: https://shop.example.com" in read
    assert "access-control-expose-headers: x-total" in read
    assert "418" in kept.splitlines()[0]
    assert "https://evil.example.net" not in kept


def test_only_what_may_be_repeated_is(mesh: Lab) -> None:
    """503: a GET is sent three times, a POST once. What an author says holds for each method;
    no attempts means one call."""
    asked(
        mesh,
        "-X POST -d x http://retried/status/503?post",
        "http://retried/status/500?explicit",
        "http://retried/status/502?never",
        "http://retried/status/503?get",
    )
    until(lambda: counted(mesh, "deploy/web", "/status/503?get") == 3)
    assert counted(mesh, "deploy/web", "/status/503?post") == 1
    assert counted(mesh, "deploy/web", "/status/500?explicit") == 2
    assert counted(mesh, "deploy/web", "/status/502?never") == 1


def test_faults_hit_their_share(mesh: Lab) -> None:
    """An abort of 30 percent is that, and a delay delays."""
    report = mesh.load("deploy/client", "http://faulty/get", "--count=400", "--rate=0", "--for=60s")
    assert set(report["by_status"]) == {"200", "418"}, report
    assert is_share(report["by_status"]["418"], 0.30, 400), report
    (told,) = asked(mesh, "-o /dev/null -w '%{http_code} %{time_total}' http://faulty/slow")
    assert float(told.split()[1]) >= 0.7


def test_a_mirror_gets_a_copy_and_nobody_waits_for_it(mesh: Lab) -> None:
    """The answer is the service's own; the other sees the same request."""
    # The first call of all may come before its mirror is there: a copy waits for nobody.
    _, answer = asked(mesh, "http://mirrored/", "http://mirrored/anything/copied")
    assert json.loads(answer)["url"].endswith("/anything/copied")
    copies = "GET /anything/copied"

    def arrived() -> bool:
        found = sum(counted(mesh, f"deploy/{version}", copies) for version in ("v1", "v2"))
        assert found == 1, found
        return True

    until(arrived)


def test_subsets_and_weights(mesh: Lab) -> None:
    """A subset is its labels; 80/20 is that."""
    assert shares(mesh, "http://shares/two", 20) == {"v2": 20}
    found = shares(mesh, "http://shares/")
    assert is_share(found.get("v2", 0), 0.20, 400), found


def test_a_failing_endpoint_is_set_aside(mesh: Lab) -> None:
    """outlierDetection: after three failures in a row a broken pod gets no more calls."""
    report = mesh.load("deploy/client", "http://mixed/get", "--count=200", "--rate=0")
    assert 3 <= report["by_status"]["500"] <= 6, report
    again = mesh.load("deploy/client", "http://mixed/get", "--count=100", "--rate=0")
    assert again["by_status"] == {"200": 100}


def test_a_full_pool_refuses_at_once(mesh: Lab) -> None:
    """connectionPool: one call runs, one waits, the others get 503 without waiting."""
    url = "http://limited/delay/0.5"
    report = mesh.load("deploy/client", url, "--count=8", "--rate=0", "--connections=8")
    assert set(report["by_status"]) == {"200", "503"}, report
    assert report["by_status"]["503"] >= 4


def test_gateway_api_matches_and_splits(mesh: Lab) -> None:
    """HTTPRoute with a Service as parent: its matches and weights hold for callers everywhere."""
    answers = asked(
        mesh,
        "-H 'x-kind: gold' http://produced/",
        "'http://produced/?q=1'",
        "-X DELETE http://produced/",
    )
    assert [answer.strip() for answer in answers] == ["v1", "v1", "v1"]
    found = shares(mesh, "http://produced/split")
    assert is_share(found.get("v2", 0), 0.20, 400), found
    assert mesh.status_of("deploy/client", "http://produced/nothing") == 404


def test_a_consumers_route_is_for_its_own_namespace(mesh: Lab) -> None:
    """An HTTPRoute beside the callers changes what they call, and nobody else's calls."""
    words = "-o /dev/null -w '%{http_code}' http://text.default/"
    assert asked(mesh, words, ns="consumer") == ["302"]
    assert asked(mesh, words) == ["200"]


def test_smi_splits(mesh: Lab) -> None:
    """A TrafficSplit of 80/20 is that."""
    found = shares(mesh, "http://rolled/")
    assert is_share(found.get("v2", 0), 0.20, 400), found


def test_gateway_api_over_istio_over_smi(mesh: Lab) -> None:
    """Where three dialects speak of one host the first of them holds, and the losers' authors
    are told; when a winner goes the next one holds."""
    assert asked(mesh, "http://contested/")[0].strip() == "v1"
    told = mesh.json("analyze", "--live", ok=False)
    losers = {each["object"] for each in told}
    assert {"VirtualService default/contested", "TrafficSplit default/contested"} <= losers, told
    delete(mesh, "gateway.networking.k8s.io/v1", "HTTPRoute")
    until(lambda: asked(mesh, "http://contested/") == ["istio"])
    delete(mesh, "networking.istio.io/v1", "VirtualService")
    until(lambda: asked(mesh, "http://contested/")[0].strip() == "v2")


def delete(lab: Lab, api_version: str, kind: str) -> None:
    lab.delete(f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: contested}}\n")

"""Istio's own Bookinfo, unmodified: what a newcomer tries first."""

from __future__ import annotations

import json
import urllib.request
from math import sqrt

import pytest

from tests.e2e.lab_under_test import CORPUS, Lab, needs_corpus, until

pytestmark = [pytest.mark.e2e, needs_corpus]

BOOKINFO = CORPUS / "istio-samples" / "bookinfo"
CALLS = 10_000


@pytest.fixture(scope="module")
def bookinfo(lab: Lab) -> Lab:
    """Bookinfo with Istio's gateway, subsets and the 90/10 split."""
    shape = lab.up(
        BOOKINFO / "platform" / "bookinfo.yaml",
        BOOKINFO / "networking" / "bookinfo-gateway.yaml",
        BOOKINFO / "networking" / "destination-rule-all.yaml",
        BOOKINFO / "networking" / "virtual-service-reviews-90-10.yaml",
    )
    lab.env["BOOKINFO_URL"] = shape["gateways"][0]["url"]
    assert all(pod["ready"] for pod in shape["pods"])
    return lab


def shares(lab: Lab, calls: int) -> dict[str, int]:
    """How many of the calls from productpage each version of reviews answered."""
    report = lab.load(
        "deploy/productpage-v1",
        "http://reviews:9080/reviews/0",
        "--rate=0",
        "--for=120s",
        f"--count={calls}",
        "--connections=8",
    )
    assert report["by_status"] == {"200": calls}, report
    found: dict[str, int] = {}
    for pod, count in report["by_field"]["podname"].items():
        version = pod.split("-")[1]
        found[version] = found.get(version, 0) + count
    return found


def within_sampling_error(count: int, share: float, calls: int) -> bool:
    """Whether a count lies within four standard deviations of its expectation."""
    return abs(count - share * calls) <= 4 * sqrt(calls * share * (1 - share))


def test_the_page_is_served_at_the_printed_url(bookinfo: Lab) -> None:
    """The gateway's URL shows Bookinfo's page with a review in it."""
    url = bookinfo.env["BOOKINFO_URL"] + "/productpage"
    with urllib.request.urlopen(url, timeout=10) as page:
        assert page.status == 200
        assert b"Comedy of Errors" in page.read()


def test_a_path_that_is_not_routed_is_not_found(bookinfo: Lab) -> None:
    """The gateway serves exactly what is bound to it."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(bookinfo.env["BOOKINFO_URL"] + "/nothing", timeout=10)
    assert refused.value.code == 404


def test_a_canary_of_ten_percent_is_ten_percent(bookinfo: Lab) -> None:
    """Of 10,000 calls a tenth reaches v2, within the error of sampling."""
    found = shares(bookinfo, CALLS)
    assert set(found) == {"v1", "v2"}
    assert within_sampling_error(found["v2"], 0.10, CALLS), found


def test_the_share_does_not_follow_replicas(bookinfo: Lab) -> None:
    """Three pods of v2 beside one of v1 still get a tenth of the calls."""
    bookinfo.run("scale", "deploy/reviews-v2", "--replicas", "3", "--name", bookinfo.name)
    until(lambda: len(ready(bookinfo, "default/reviews-v2")) == 3)
    found = shares(bookinfo, 4000)
    assert within_sampling_error(found["v2"], 0.10, 4000), found


def test_an_applied_route_moves_the_traffic(bookinfo: Lab) -> None:
    """`apply` of an ordinary VirtualService takes effect, and nothing fails meanwhile."""
    path = BOOKINFO / "networking" / "virtual-service-reviews-v3.yaml"
    answer = bookinfo.json("apply", "-f", str(path))
    assert answer["applied"] == [
        {"object": "VirtualService default/reviews", "action": "configured"}
    ]
    assert until(lambda: set(shares(bookinfo, 50)) == {"v3"})


def test_a_proxy_holds_what_its_workload_uses(bookinfo: Lab) -> None:
    """productpage's proxy knows reviews and details; it never heard of ratings."""
    rows = bookinfo.json("proxy", "clusters", "deploy/productpage-v1")
    names = {row["name"] for row in rows}
    assert "outbound|9080||details.default.svc.cluster.local" in names
    assert not any("ratings" in name for name in names), names


def ready(lab: Lab, workload: str) -> list[str]:
    pods = lab.json("get", "pods")
    return [
        p["name"] for p in pods if f"{p['namespace']}/{p['workload']}" == workload and p["ready"]
    ]


def test_every_reading_command_speaks_json(bookinfo: Lab) -> None:
    """The shapes that programs read: status, get, proxy, traffic, check."""
    status = bookinfo.json("status")
    assert status["plane"]["pid"]
    assert all(p["connected"] and p["envoy"] == "LIVE" for p in status["proxies"]), status
    assert {d["name"] for d in bookinfo.json("get", "vs")} == {"bookinfo", "reviews"}
    for what in ("clusters", "endpoints", "listeners", "routes", "secrets"):
        assert bookinfo.json("proxy", what, "deploy/reviews-v1")
    edges = until(lambda: bookinfo.json("traffic", "default/productpage-v1"))
    assert {edge["source"] for edge in edges} == {"default/productpage-v1"}
    assert json.dumps(edges)


def test_a_plan_says_what_an_apply_then_does(bookinfo: Lab) -> None:
    """`plan` names productpage's calls and their new shares, changes nothing, and comes true."""
    path = BOOKINFO / "networking" / "virtual-service-reviews-80-20.yaml"
    told = bookinfo.json("plan", "-f", str(path))
    (call,) = [each for each in told["calls"] if "productpage" in each["source"]]
    assert "80 % reviews.default.svc.cluster.local v1" in call["after"], call
    assert any("productpage" in proxy["pod"] for proxy in told["proxies"]), told["proxies"]
    assert set(shares(bookinfo, 50)) == {"v3"}
    bookinfo.json("apply", "-f", str(path))
    until(lambda: set(shares(bookinfo, 200)) == {"v1", "v2"})
    assert within_sampling_error(shares(bookinfo, 2000)["v2"], 0.20, 2000)

"""Applications in the shapes of published ones: each comes up with one command, and is seen."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.lab_under_test import Lab, forget, new_home, until

pytestmark = pytest.mark.e2e
APPLICATIONS = Path(__file__).with_name("applications")

Edges = set[tuple[str, str]]


@pytest.fixture
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """One lab an application: two of them side by side would tell nothing more."""
    home = new_home()
    lab = Lab("app", home)
    try:
        yield lab
    finally:
        lab.down()
        forget(home)


def edges(lab: Lab) -> Edges:
    """Who was heard calling whom, and was answered."""
    return {
        (edge["source"], edge["destination"])
        for edge in lab.json("traffic")
        if edge["destination"] and edge["success_rate"] != 0
    }


WANTED: dict[str, Edges] = {
    "emoji.yaml": {
        ("emoji/web", "emoji/emoji"),
        ("emoji/web", "emoji/voting"),
        ("emoji/vote-bot", "emoji/web"),
    },
    "bank.yaml": {
        ("default/frontend", "default/userservice"),
        ("default/frontend", "default/ledgerwriter"),
        ("default/balancereader", "default/accounts-db"),
        ("default/loadgenerator", "default/frontend"),
    },
    "petshop.yaml": {
        ("default/store-front", "default/order-service"),
        ("default/order-service", "default/rabbitmq"),
        ("default/makeline-service", "default/mongodb"),
        ("default/virtual-customer", "default/order-service"),
    },
    "socks.yaml": {
        ("socks/front-end", "socks/carts"),
        ("socks/front-end", "socks/session-db"),
        ("socks/carts", "socks/carts-db"),
        ("socks/catalogue", "socks/catalogue-db"),
        ("socks/queue-master", "socks/rabbitmq"),
    },
    "info.yaml": {("test/frontend", "test/backend"), ("test/frontend", "test/cache")},
    "clinic.yaml": {
        ("default/api-gateway", "default/vets-service"),
        ("default/customers-service", "default/customers-db"),
    },
    "tiers.yaml": {
        ("tiers/ui", "tiers/appserver-v1"),
        ("tiers/ui", "tiers/appserver-v2"),
        ("tiers/appserver-v1", "tiers/redis-server"),
        ("tiers/appserver-v2", "tiers/postgres-db"),
    },
    "voting": {
        ("default/vote", "default/redis"),
        ("default/worker", "default/redis"),
        ("default/worker", "default/db"),
        ("default/result", "default/db"),
    },
    "telemetry.yaml": {
        ("otel-demo/frontend", "otel-demo/cart"),
        ("otel-demo/frontend", "otel-demo/otel-collector"),
        ("otel-demo/cart", "otel-demo/valkey-cart"),
        ("otel-demo/checkout", "otel-demo/email"),
        ("otel-demo/accounting", "otel-demo/postgresql"),
        ("otel-demo/ad", "otel-demo/flagd"),
    },
}


@pytest.mark.parametrize("name", WANTED)
def test_it_comes_up_and_its_graph_fills_by_itself(lab: Lab, name: str) -> None:
    """`gossamer up --stand-in`: every pod Ready, every edge that the manifests name, and a URL that
    answers where there is a front."""
    shape = lab.up(APPLICATIONS / name, "--stand-in")
    assert [p["name"] for p in shape["pods"] if not p["ready"] and "migrate" not in p["name"]] == []
    for front in shape["urls"]:
        assert answers_at(front["url"])
    until(lambda: WANTED[name] <= edges(lab), 60)
    for job in (pod["name"] for pod in shape["pods"] if "migrate" in pod["name"]):
        assert (
            "every service that it names was called"
            in lab.run("logs", job, "--name", lab.name).stdout
        )


def answers_at(url: str) -> bool:
    """A page of the stand-in behind it."""
    asked = urllib.request.Request(
        url.replace("tcp://", "http://"), headers={"Accept": "text/html"}
    )
    with urllib.request.urlopen(asked, timeout=10) as page:
        return page.status == 200 and b"A stand-in for" in page.read()


def test_every_application_is_run() -> None:
    """A file that nobody runs proves nothing."""
    assert {path.name for path in APPLICATIONS.iterdir()} == set(WANTED)


def test_what_is_told_as_a_remedy_works_while_the_lab_runs(lab: Lab, tmp_path: Path) -> None:
    """Up without stand-ins tells the commands; `apply` of a lab.yaml that was written brings all
    pods up, and one that was edited replaces the pods that it concerns."""
    shutil.copy(APPLICATIONS / "tiers.yaml", tmp_path / "app.yaml")
    told = lab.run("up", str(tmp_path), "--detach", "--name", lab.name, ok=False)
    assert told.returncode == 1
    assert f"gossamer apply --stand-in --name {lab.name}" in told.stderr
    assert f"gossamer up {tmp_path} --detach --name {lab.name} --stand-in=write" in told.stderr
    written = lab.run("up", str(tmp_path), "--stand-in=write", "--name", lab.name)
    assert str(tmp_path / "lab.yaml") in written.stdout
    lab.run("apply", "-f", str(tmp_path / "lab.yaml"), "--name", lab.name)
    until(lambda: all(pod["ready"] for pod in lab.json("get", "pods", "-A")))
    before = pods_of(lab)
    rule = "images: {ui: {stand-in: true, calls: [redis-server]}}\nstand-in: true\n"
    (tmp_path / "lab.yaml").write_text(rule)
    lab.run("apply", "-f", str(tmp_path / "lab.yaml"), "--name", lab.name)
    until(lambda: ("tiers/ui", "tiers/redis-server") in edges(lab), 60)
    assert pods_of(lab) & before == {pod for pod in before if "/ui-" not in pod}


def pods_of(lab: Lab) -> set[str]:
    """Pods by name; those of a replaced workload have other names."""
    return {f"{pod['namespace']}/{pod['name']}" for pod in lab.json("get", "pods", "-A")}

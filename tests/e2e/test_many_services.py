"""A mesh of a thousand services on one machine."""

from __future__ import annotations

import pytest

from tests.e2e.lab_under_test import Lab
from tests.e2e.small_mesh import CLIENT, SERVICE, service, workload

pytestmark = pytest.mark.e2e

MANY = "".join(
    SERVICE.format(name=f"web-{i}", protocol="http", port=80, target=8080).replace(
        f"{{app: web-{i}}}", "{app: web}" if i < 1000 else "{app: nobody}"
    )
    for i in range(1200)
)


def test_a_thousand_services_are_ready_and_a_proxy_holds_the_one_it_used(lab: Lab) -> None:
    """More findings than anybody reads, and names without end: `up` returns Ready all the same,
    any service answers, and the caller's Envoy knows that one alone."""
    lab.up_text(CLIENT + workload("web") + service("web") + MANY)
    assert lab.status_of("deploy/client", "http://web-999/status/200") == 200
    names = {row["name"] for row in lab.json("proxy", "clusters", "deploy/client")}
    used = {name for name in names if name.startswith("outbound|80||web")}
    assert used == {"outbound|80||web-999.default.svc.cluster.local"}

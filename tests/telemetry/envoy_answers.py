"""What an Envoy answers when it is read: written by hand in the shape of 1.40."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from gossamer.envoy.admin import Admin, AdminAnswer, AdminSilent

REVIEWS = {
    "host": "reviews.shop.svc.cluster.local",
    "service": "reviews",
    "service_namespace": "shop",
    "service_port": "9080",
    "subset": "",
    "workload": "reviews-v1",
    "namespace": "shop",
    "pod": "reviews-v1-abc",
    "names": "reviews|v1|reviews|v1",
    "peer": "spiffe://cluster.local/ns/shop/sa/reviews",
    "code": "200",
    "grpc": "",
    "version": "HTTP/1.1",
    "flags": "-",
}
FROM_PAGE = {
    "host": "reviews.shop.svc.cluster.local",
    "service": "reviews",
    "service_namespace": "shop",
    "service_port": "9080",
    "subset": "",
    "peer": "spiffe://cluster.local/ns/shop/sa/page",
    "peer_name": "page-xyz.shop",
    "code": "200",
    "grpc": "",
    "version": "HTTP/1.1",
    "flags": "-",
}
ECHO = {
    "host": "echo.shop.svc.cluster.local",
    "service": "echo",
    "service_namespace": "shop",
    "service_port": "9000",
    "subset": "",
    "workload": "echo",
    "namespace": "shop",
    "pod": "echo-abc",
    "names": "echo||echo|latest",
    "peer": "spiffe://cluster.local/ns/shop/sa/echo",
    "flags": "-",
}
ECHO_CLUSTER = "outbound|9000||echo.shop.svc.cluster.local"


def counted(
    tags: Mapping[str, str],
    requests: int,
    sent: int = 0,
    received: int = 0,
    family: str = "client_http",
) -> str:
    """The lines of one series' counters."""
    labels = ",".join(f'{name}="{value}"' for name, value in tags.items())
    what = "connections" if family.endswith("tcp") else "requests"
    numbers = {what: requests, "sent_bytes": sent, "received_bytes": received}
    return "".join(
        f"envoy_gossamer_{family}_{name}{{{labels}}} {value}\n" for name, value in numbers.items()
    )


def carried(cluster: str, sent: int, received: int, active: int = 0) -> str:
    """The lines of one cluster's counters."""
    numbers = {
        "upstream_cx_tx_bytes_total": sent,
        "upstream_cx_rx_bytes_total": received,
        "upstream_rq_active": active,
    }
    return "".join(
        f'envoy_cluster_{name}{{envoy_cluster_name="{cluster}"}} {value}\n'
        for name, value in numbers.items()
    )


def uptime(seconds: int) -> str:
    """The line that tells for how long Envoy has run."""
    return f"# TYPE envoy_server_uptime gauge\nenvoy_server_uptime{{}} {seconds}\n"


def durations(
    tags: Mapping[str, str], totals: Mapping[tuple[float, float], int], family: str = "client.http"
) -> bytes:
    """The JSON of one series' histogram: counts by (lower bound, width)."""
    name = f"gossamer.{family}.milliseconds." + ".".join(f"{k}.{v}" for k, v in tags.items())
    bins = [{"lower_bound": lo, "width": w, "count": n} for (lo, w), n in totals.items()]
    details = [{"name": name, "totals": bins, "intervals": []}]
    return json.dumps({"stats": [{"histograms": {"details": details}}]}).encode()


NO_DURATIONS = b'{"stats": []}'


def hosts(cluster: str, counted_as: str, open_: Mapping[str, int]) -> bytes:
    """The list of one cluster's hosts, with open connections by address."""
    statuses = [
        {
            "address": {"socket_address": {"address": address, "port_value": 9000}},
            "stats": [{"name": "cx_active", "value": str(count)}, {"name": "rq_active"}],
        }
        for address, count in open_.items()
    ]
    told = {"name": cluster, "observability_name": counted_as, "host_statuses": statuses}
    return json.dumps({"cluster_statuses": [told]}).encode()


def dump(workloads: Mapping[str, str]) -> bytes:
    """The configuration of a TCP cluster's endpoints: workloads `NS/NAME` by address."""
    endpoints = [
        {
            "endpoint": {"address": {"socket_address": {"address": at, "port_value": 9000}}},
            "metadata": {
                "filter_metadata": {
                    "gossamer": dict(zip(("namespace", "workload"), who.split("/"), strict=True)),
                    "envoy.transport_socket_match": {"tlsMode": "istio"},
                }
            },
        }
        for at, who in workloads.items()
    ]
    return json.dumps(
        {"configs": [{"endpoint_config": {"endpoints": [{"lb_endpoints": endpoints}]}}]}
    ).encode()


@dataclass(frozen=True, slots=True)
class FakeAdmin(Admin):
    """An admin socket that answers by the beginning of what is asked; silent if `answers` is."""

    answers: dict[str, bytes] = field(default_factory=dict)

    async def answer(self, target: str) -> AdminAnswer:
        for begin, body in self.answers.items():
            if target.startswith(begin):
                return AdminAnswer(200, body)
        raise AdminSilent("nobody answers")

    def says(self, counters: str, took: bytes = NO_DURATIONS, **more: bytes) -> None:
        """From now on."""
        self.answers.clear()
        self.answers["/stats/prometheus"] = counters.encode()
        self.answers["/stats?"] = took
        self.answers.update({f"/{path}": answer for path, answer in more.items()})

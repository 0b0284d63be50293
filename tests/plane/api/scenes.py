"""Meshes, calls and counts whose answers were recorded: every field of them says something."""

from __future__ import annotations

import msgspec

from gossamer.telemetry.edge import Counts, Edge
from gossamer.telemetry.edges import Edges
from gossamer.telemetry.rows import EdgeRow
from gossamer.telemetry.shapes import CountsReport, edge_counts

ROUTES = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec:
  host: reviews
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
  - match: [{uri: {prefix: /old}}]
    redirect: {uri: /new}
  - match: [{headers: {end-user: {exact: jason}}}]
    timeout: 2s
    rewrite: {uri: /seen}
    headers:
      request: {set: {x-who: jason}, remove: [cookie]}
      response: {set: {x-by: mesh}, add: {x-more: "1"}, remove: [server]}
    fault:
      delay: {percentage: {value: 10}, fixedDelay: 1s}
      abort: {percentage: {value: 12.5}, httpStatus: 503}
    retries: {attempts: 3, perTryTimeout: 500ms, retryOn: "5xx,503"}
    mirror: {host: reviews, subset: v1}
    mirrorPercentage: {value: 25}
    route: [{destination: {host: reviews, subset: v2}}]
  - route:
    - destination: {host: reviews, subset: v1}
      weight: 90
      headers: {request: {set: {x-part: one}}}
    - {destination: {host: reviews, subset: v2}, weight: 10}
"""
JASON = (("end-user", "jason"), ("cookie", "a=b"))
CALLS = {
    "explain-everything": ("http://reviews:9080/here", JASON),
    "explain-split": ("http://reviews:9080/", ()),
    "explain-redirect": ("http://reviews:9080/old/x", ()),
    "explain-outside": ("http://elsewhere.example/", ()),
}


def counted() -> list[EdgeRow]:
    """The rows of an edge over HTTP, and of one over TCP that reached nothing."""
    edges = Edges()
    http = Edge("source", "shop/page", "shop/reviews", "reviews.shop.svc", "http", True)
    tcp = Edge("source", "shop/page", None, "db.example", "tcp", False)
    for second in range(4):
        n = second * 50
        rows = [
            edge_counts(http, Counts(n + 1, second, n * 100, n * 300, {4.0: n, 7.5: 1})),
            edge_counts(tcp, Counts(1, 0, 10 * n, 3)),
        ]
        told = CountsReport(1, "e", not second, rows)
        edges.take(msgspec.json.encode(told), "agent", 100 + second)
    return edges.rows(104)

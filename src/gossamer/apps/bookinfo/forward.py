"""Headers that a Bookinfo service hands on, so that traces and header matches reach every hop."""

from __future__ import annotations

from starlette.requests import Request

from gossamer.apps.client.exchange import Headers

HANDED_ON = (
    "x-request-id",
    "x-ot-span-context",
    "x-datadog-trace-id",
    "x-datadog-parent-id",
    "x-datadog-sampling-priority",
    "traceparent",
    "tracestate",
    "x-cloud-trace-context",
    "grpc-trace-bin",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-flags",
    "b3",
    "sw8",
    "end-user",
    "user-agent",
    "cookie",
    "authorization",
    "jwt",
)


def handed_on(request: Request) -> Headers:
    """Those of the request's headers that go along with the calls made for it."""
    return tuple((name, request.headers[name]) for name in HANDED_ON if name in request.headers)

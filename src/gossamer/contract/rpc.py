"""gRPC methods beside the xDS stream: the plane's own with JSON bytes each way, and Envoy's log."""

from __future__ import annotations

SIGN = "/gossamer.v1.Identity/Sign"
"""A certificate signing request of an agent's, answered with a certificate and the roots."""

TRUST = "/gossamer.v1.Identity/Trust"
"""An agent says which roots and certificates its host has, and hears which it should have."""

REPORT = "/gossamer.v1.Telemetry/Report"
"""The edges that a host's proxies counted."""

STREAM_LOGS = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs"
"""A proxy tells its host's agent of connections."""

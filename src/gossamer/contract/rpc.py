"""The plane's own gRPC methods, beside the xDS stream: JSON bytes each way."""

from __future__ import annotations

SIGN = "/gossamer.v1.Identity/Sign"
"""A certificate signing request of an agent's, answered with a certificate and the roots."""

REPORT = "/gossamer.v1.Telemetry/Report"
"""The edges that a host's proxies counted."""

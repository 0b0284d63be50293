"""What agents say in the gRPC metadata of their streams to the plane."""

from __future__ import annotations

PROXY_KEY = "gossamer-proxy"
"""The pod `NS/NAME` that a stream is for."""

HOST_KEY = "gossamer-host"
"""The host whose resolver's names are asked for."""

HOSTS_KEY = "gossamer-hosts"
ALL_HOSTS = "all"
"""Said for a proxy that was given all hosts as wildcard. It stays so: of the hosts that it asked
for before, Envoy would ask for none again."""

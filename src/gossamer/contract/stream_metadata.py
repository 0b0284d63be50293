"""What is said in the metadata of gRPC: by agents to the plane, by proxies to open policy."""

from __future__ import annotations

PROXY_KEY = "gossamer-proxy"
"""The pod `NS/NAME` that a stream is for."""

HOST_KEY = "gossamer-host"
"""The host whose resolver's names are asked for."""

HOSTS_KEY = "gossamer-hosts"
ALL_HOSTS = "all"
"""Said for a proxy that was given all hosts as wildcard. It stays so: of the hosts that it asked
for before, Envoy would ask for none again."""

POLICY_KEY = "gossamer-policy"
"""The ConfigMap `NAMESPACE/NAME` whose Rego is asked. Proxies set it, callers cannot."""

QUERY_KEY = "gossamer-query"
"""The rule that is asked for, such as `data.envoy.authz.allow`."""

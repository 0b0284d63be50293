"""Online Boutique's nine gRPC services: health, and an echo for every method.

They carry the traffic's shape, not the shop's data: enough for probes, routing, mTLS and metrics.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from gossamer.apps.arguments.addresses import port_of
from gossamer.apps.rpc.main import http_echo
from gossamer.apps.rpc.service import RpcApp
from gossamer.apps.serve.running import Http, run_app

PORT = 8080


def main(name: str, args: Sequence[str]) -> int:
    """`NAME [--port N]`."""
    pod = os.environ.get("HOSTNAME", name)
    app = RpcApp(pod, frozenset({name}), http_echo(pod))
    return run_app(name, [Http(port_of(args, os.environ, PORT), app)])

"""`python -m gossamer.apps NAME [args]`: run one stand-in. Only the named app is imported."""

from __future__ import annotations

import importlib
import sys

NAMES = {
    "adservice": "boutique.services",
    "cartservice": "boutique.services",
    "checkoutservice": "boutique.services",
    "currencyservice": "boutique.services",
    "emailservice": "boutique.services",
    "paymentservice": "boutique.services",
    "productcatalogservice": "boutique.services",
    "recommendationservice": "boutique.services",
    "shippingservice": "boutique.services",
    "boutique-frontend": "boutique.ends",
    "boutique-load": "boutique.ends",
    "curl": "curl.main",
    "wget": "curl.wget",
    "details": "bookinfo.main",
    "productpage": "bookinfo.main",
    "ratings": "bookinfo.main",
    "reviews": "bookinfo.main",
    "echo": "rpc.main",
    "fortio": "fortio.main",
    "grpc-call": "rpc.call",
    "helloworld": "small.hello",
    "httpbin": "httpbin.main",
    "load": "load.main",
    "redis": "small.redis",
    "sleep": "small.sleep",
    "stand-in": "standin.main",
    "tcp-client": "client.lines",
    "tcp-echo": "small.tcp_echo",
    "text": "small.text",
    "ws-call": "client.websocket",
}


def main(argv: list[str]) -> int:
    """Run the app that `argv[0]` names; 2 when there is none of that name."""
    if not argv or argv[0] not in NAMES:
        known = ", ".join(sorted(NAMES))
        print(f"usage: python -m gossamer.apps NAME [args]\nnames: {known}", file=sys.stderr)
        return 2
    module = importlib.import_module(f"gossamer.apps.{NAMES[argv[0]]}")
    code: int = module.main(argv[0], argv[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

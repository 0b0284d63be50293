"""Online Boutique's two ends: the frontend, which calls every service, and its load generator."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gossamer.apps.arguments.addresses import port_of
from gossamer.apps.client.exchange import CallError
from gossamer.apps.load.plan import LoadPlan
from gossamer.apps.load.run import load
from gossamer.apps.rpc.call import unary
from gossamer.apps.serve.answers import as_json
from gossamer.apps.serve.running import Http, run_app
from gossamer.process.signals import on_end_signal

PORT = 8080
METHODS = {
    "PRODUCT_CATALOG_SERVICE_ADDR": "hipstershop.ProductCatalogService/ListProducts",
    "CURRENCY_SERVICE_ADDR": "hipstershop.CurrencyService/GetSupportedCurrencies",
    "CART_SERVICE_ADDR": "hipstershop.CartService/GetCart",
    "RECOMMENDATION_SERVICE_ADDR": "hipstershop.RecommendationService/ListRecommendations",
    "SHIPPING_SERVICE_ADDR": "hipstershop.ShippingService/GetQuote",
    "CHECKOUT_SERVICE_ADDR": "hipstershop.CheckoutService/PlaceOrder",
    "AD_SERVICE_ADDR": "hipstershop.AdService/GetAds",
}
PATIENCE_S = 3.0
GENTLE_RATE = 20.0  # requests per second at most, whatever USERS and RATE say
LONG_S = 10 * 365 * 86400.0


def frontend_app(pod: str, environ: Mapping[str, str]) -> Starlette:
    """Every page asks every configured service once and tells how each answered."""
    asked = {environ[name]: method for name, method in METHODS.items() if environ.get(name)}

    async def page(request: Request) -> Response:
        answers = await asyncio.gather(*(_ask(at, method) for at, method in asked.items()))
        by_service = dict(zip(asked, answers, strict=True))
        status = 200 if all(answer == "OK" for answer in answers) else 500
        return as_json({"podname": pod, "services": by_service}, status)

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            Route("/_healthz", health),
            Route("/robots.txt", health),
            Route("/{rest:path}", page, methods=["GET", "POST"]),
        ]
    )


def main(name: str, args: Sequence[str]) -> int:
    """`boutique-frontend [--port N]` or `boutique-load` (FRONTEND_ADDR, USERS, RATE)."""
    if name == "boutique-load":
        return asyncio.run(_generate(os.environ))
    app = frontend_app(os.environ.get("HOSTNAME", "frontend"), os.environ)
    return run_app(name, [Http(port_of(args, os.environ, PORT), app)])


async def _ask(target: str, method: str) -> str:
    try:
        answer = await unary(target, method, b"", timeout_s=PATIENCE_S)
    except CallError as error:
        return str(error)
    return "OK" if answer.status == 0 else f"status {answer.status}: {answer.message}"


async def _generate(environ: Mapping[str, str]) -> int:
    """Gentle load on FRONTEND_ADDR until asked to stop."""
    users = int(environ.get("USERS") or "10")
    rate = min(GENTLE_RATE, users * float(environ.get("RATE") or "1") / 2)
    stop = asyncio.Event()
    on_end_signal(stop.set)
    url = f"http://{environ.get('FRONTEND_ADDR', 'frontend:80')}/"
    report = await load(LoadPlan(url, rate=rate, seconds=LONG_S, connections=2), stop)
    print(report.summary(), file=sys.stderr)
    return 0

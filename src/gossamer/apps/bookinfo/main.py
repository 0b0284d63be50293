"""Start one of Bookinfo's services: details, ratings, reviews or productpage, on port 9080."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from starlette.types import ASGIApp

from gossamer.apps.arguments.addresses import option, port_of
from gossamer.apps.bookinfo.peers import peers_from
from gossamer.apps.serve.running import Http, run_app

PORT = 9080


def main(name: str, args: Sequence[str]) -> int:
    """`details|ratings|reviews|productpage [--port N] [--version vN]`."""
    return run_app(name, [Http(port_of(args, {}, PORT), bookinfo_app(name, args, os.environ))])


def bookinfo_app(name: str, args: Sequence[str], environ: Mapping[str, str]) -> ASGIApp:
    """The service of that name as this environment configures it."""
    pod = environ.get("HOSTNAME", "null")
    if name == "details":
        from gossamer.apps.bookinfo.details import details_app

        return details_app(pod)
    if name == "ratings":
        from gossamer.apps.bookinfo.ratings import ratings_app

        return ratings_app(pod)
    from gossamer.apps.client.pool import Pool

    peers = peers_from(environ)
    if name == "reviews":
        from gossamer.apps.bookinfo.reviews import edition_from, reviews_app

        version = option(args, "--version") or "v1"
        return reviews_app(edition_from(version, environ, peers.ratings), Pool())
    from gossamer.apps.bookinfo.productpage import productpage_app

    return productpage_app(pod, peers, Pool())

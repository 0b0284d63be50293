"""Where a Bookinfo service finds the others: the originals' environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peers:
    """Base URLs of the services that are called."""

    details: str
    reviews: str
    ratings: str


def peers_from(environ: Mapping[str, str]) -> Peers:
    """NAME_HOSTNAME and NAME_SERVICE_PORT per service; SERVICES_DOMAIN follows every name."""
    return Peers(_url("details", environ), _url("reviews", environ), _url("ratings", environ))


def _url(name: str, environ: Mapping[str, str]) -> str:
    host = environ.get(f"{name.upper()}_HOSTNAME") or name
    domain = environ.get("SERVICES_DOMAIN") or ""
    # Kubernetes sets NAME_PORT to tcp://IP:PORT; the plain number is NAME_SERVICE_PORT.
    port = environ.get(f"{name.upper()}_SERVICE_PORT") or "9080"
    return f"http://{host}{'.' + domain if domain else ''}:{port}"

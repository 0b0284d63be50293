"""External authorizers: services outside the mesh's policies that say whether a call is let in.

MeshConfig names them (`extensionProviders`), and a CUSTOM policy asks one by its name. The values
are Istio's `EnvoyExternalAuthorizationHttpProvider` and `EnvoyExternalAuthorizationGrpcProvider`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

DENIED_ON_ERROR = 403


@dataclass(frozen=True, slots=True)
class CheckedBody:
    """How much of a request's body the authorizer is sent. A longer one is refused with 413, or
    cut (`partial`); `raw` sends bytes instead of text."""

    largest: int
    partial: bool = False
    raw: bool = False


@dataclass(frozen=True, slots=True)
class HttpCheck:
    """What an authorizer that speaks HTTP is asked, and what of its answer is passed on.

    Names of headers are exact, or begin or end with `*`. `sent` are headers of the request that
    the check carries, `added` headers with these values. Of an answer that allows, `to_upstream`
    replace those of the request, and `to_caller` are added to the response; of one that denies,
    `to_refused` are sent to the caller.
    """

    prefix: str = ""
    sent: tuple[str, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    to_upstream: tuple[str, ...] = ()
    to_caller: tuple[str, ...] = ()
    to_refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegoCheck:
    """Rego that is asked beside the proxy: the ConfigMap `NAMESPACE/NAME`, and which rule."""

    policy: str
    query: str


@dataclass(frozen=True, slots=True)
class ExternalAuthorizer:
    """A service that is asked, at `host:port`, or Rego beside the proxy (`rego`, without a host).

    `http` is None where it is asked by gRPC.
    `namespace` is where Istio's `NAMESPACE/HOST` says that the service is, "" where it doesn't.
    Where it cannot be asked the call is refused with `status_on_error`, or let in if `fail_open`.
    `timeout` None waits as long as it takes.
    """

    name: str
    host: str = ""
    port: int = 0
    namespace: str = ""
    http: HttpCheck | None = None
    rego: RegoCheck | None = None
    timeout: timedelta | None = None
    fail_open: bool = False
    status_on_error: int = DENIED_ON_ERROR
    body: CheckedBody | None = None
    clear_route_cache: bool = False

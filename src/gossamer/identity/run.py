"""The signing desk: a request in bytes, the caller's proven identity, an answer in bytes.

It speaks the JSON of `/gossamer.v1.Identity/Sign` and knows no transport, so the plane can
put it behind gRPC and the tests behind nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from gossamer.identity.authority import Authority
from gossamer.identity.keys import lifespan
from gossamer.identity.plan import (
    WORKLOAD_LIFETIME,
    AttestedPod,
    MalformedCsr,
    SpiffeId,
    Template,
    may_sign_agent,
    may_sign_pod,
)

Attested = Callable[[str], AttestedPod | None]
"""From `NS/POD` to what the pod's host observed of it, or None."""


class CertificateSigner:
    """Answers signing requests by the rules of plan.py."""

    def __init__(
        self,
        authority: Authority,
        attested: Attested,
        lifetime: timedelta = WORKLOAD_LIFETIME,
        roots: Callable[[], str] | None = None,
    ) -> None:
        """`lifetime` is that of workloads' certificates, `roots` what the mesh trusts now."""
        self._authority = authority
        self._roots = roots or (lambda: authority.roots_pem)
        self._attested = attested
        self._lifetime = lifetime

    def answer(self, request: bytes, caller: SpiffeId) -> bytes:
        """`{"pod": "NS/POD", "csr": PEM}` -> `{"chain", "roots", "expires"}`.

        An agent renews itself with `{"agent": HOST, "csr": PEM}`. Raises Refused.
        """
        asked = _read(request)
        chain = self._authority.sign(asked["csr"], self._template(asked, caller))
        expires = lifespan(chain).ends.strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = {"chain": chain, "roots": self._roots(), "expires": expires}
        return json.dumps(answer).encode()

    def _template(self, asked: dict[str, Any], caller: SpiffeId) -> Template:
        domain = self._authority.trust_domain
        if "agent" in asked:
            return may_sign_agent(caller, asked["agent"], domain)
        pod = asked["pod"]
        return may_sign_pod(caller, pod, self._attested(pod), domain, self._lifetime)


def _read(request: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(request)
    except (ValueError, RecursionError):
        asked = None
    texts = isinstance(asked, dict) and all(isinstance(value, str) for value in asked.values())
    if not texts or "csr" not in asked or not {"pod", "agent"} & set(asked):
        raise MalformedCsr(
            'A signing request is JSON {"pod": "NS/POD", "csr": PEM}; this one is not.'
        )
    return dict(asked)

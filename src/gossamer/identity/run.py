"""The signing desk: a request in bytes, the caller's proven identity, an answer in bytes.

It speaks the JSON of `/gossamer.v1.Identity/Sign` and knows no transport, so the plane can
put it behind gRPC and the tests behind nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
from msgspec import UNSET

from gossamer.identity.authority import Authority
from gossamer.identity.keys import lifespan
from gossamer.identity.plan import (
    WORKLOAD_LIFETIME,
    AttestedPod,
    CsrRefused,
    MalformedCsr,
    SpiffeId,
    Template,
    may_sign_agent,
    may_sign_pod,
)
from gossamer.identity.revocation.bans import Ban, refusal
from gossamer.identity.shapes import SignedChain, SignRequest

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
        banned: Callable[[str, str], Ban | None] = lambda spiffe, pod: None,
    ) -> None:
        """`lifetime` is that of workloads' certificates, `roots` what the mesh trusts now, and
        `banned` finds the ban of an identity or of a pod."""
        self._banned = banned
        self._authority = authority
        self._roots = roots or (lambda: authority.roots_pem)
        self._attested = attested
        self._lifetime = lifetime

    def answer(self, request: bytes, caller: SpiffeId) -> bytes:
        """`{"pod": "NS/POD", "csr": PEM}` -> `{"chain", "roots", "expires"}`.

        An agent renews itself with `{"agent": HOST, "csr": PEM}`. Raises Refused.
        """
        asked = _read(request)
        template = self._template(asked, caller)
        self._refuse_banned(caller, template, asked.pod or "")
        chain = self._authority.sign(asked.csr, template, str(caller))
        expires = lifespan(chain).ends.strftime("%Y-%m-%dT%H:%M:%SZ")
        return msgspec.json.encode(SignedChain(chain, self._roots(), expires))

    def _refuse_banned(self, caller: SpiffeId, template: Template, pod: str) -> None:
        ban = self._banned(str(caller), "") or self._banned(str(template.spiffe), pod)
        if ban is not None:
            raise CsrRefused(refusal(ban))

    def _template(self, asked: SignRequest, caller: SpiffeId) -> Template:
        domain = self._authority.trust_domain
        if asked.agent is not UNSET:
            return may_sign_agent(caller, asked.agent, domain)
        if asked.pod is UNSET:
            raise MalformedCsr(f"{_SHAPE} has neither pod nor agent.")
        attested = self._attested(asked.pod)
        return may_sign_pod(caller, asked.pod, attested, domain, self._lifetime)


_SHAPE = 'A signing request is JSON {"pod": "NS/POD", "csr": PEM}; this one'


def _read(request: bytes) -> SignRequest:
    try:
        return msgspec.json.decode(request, type=SignRequest)
    except (ValueError, RecursionError) as error:
        raise MalformedCsr(f"{_SHAPE} is not: {error!s:.200}.") from error

"""The signing desk: a request in bytes, the caller's proven identity, an answer in bytes.

It speaks the JSON of `/gossamer.v1.Identity/Sign` and knows no transport, so the plane can
put it behind gRPC and the tests behind nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import msgspec
from msgspec import UNSET

from gossamer.identity.attest.present_certificate import (
    Attested,
    PresentCertificate,
    ProvenCaller,
)
from gossamer.identity.authority import Authority
from gossamer.identity.issuance.rate import ASKER, SUBJECT, RateLimit
from gossamer.identity.keys import lifespan
from gossamer.identity.plan import (
    WORKLOAD_LIFETIME,
    CsrRefused,
    MalformedCsr,
    Template,
    pod_of_dns,
)
from gossamer.identity.revocation.bans import Ban, refusal
from gossamer.identity.shapes import SignedChain, SignRequest


class CertificateSigner:
    """Answers signing requests by the rules of plan.py."""

    def __init__(
        self,
        authority: Authority,
        attested: Attested,
        lifetime: timedelta = WORKLOAD_LIFETIME,
        roots: Callable[[], str] | None = None,
        banned: Callable[[str, str], Ban | None] = lambda spiffe, pod: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`lifetime` is that of workloads' certificates, `roots` what the mesh trusts now, and
        `banned` finds the ban of an identity or of a pod."""
        self._banned = banned
        self._authority = authority
        self._roots = roots or (lambda: authority.roots_pem)
        self._proof = PresentCertificate(attested, authority.trust_domain, lifetime)
        self._by_asker = RateLimit(ASKER, clock)
        self._by_subject = RateLimit(SUBJECT, clock)

    def answer(self, request: bytes, caller: ProvenCaller) -> bytes:
        """`{"pod": "NS/POD", "csr": PEM}` -> `{"chain", "roots", "expires"}`.

        An agent renews itself with `{"agent": HOST, "csr": PEM}`, a workload with its own pod.
        Raises CsrRefused.
        """
        asked = _read(request)
        template = self._template(asked, caller)
        self._refuse_banned(str(caller.spiffe), caller.pod)
        return msgspec.json.encode(self.sign(asked.csr, template, str(caller.spiffe)))

    def sign(self, csr: str, template: Template, asked_by: str) -> SignedChain:
        """The answer for whoever may have this certificate. Raises CsrRefused for the banned, and
        for those who ask too often."""
        self.refuse_banned(template)
        pod = _pod(template)
        self._slow_down(asked_by, self._by_asker)
        self._slow_down(pod or str(template.spiffe), self._by_subject)
        chain = self._authority.sign(csr, template, asked_by)
        expires = lifespan(chain).ends.strftime("%Y-%m-%dT%H:%M:%SZ")
        return SignedChain(chain, self._roots(), expires)

    def check(self, csr: str) -> None:
        """Raise CsrRefused for a request that could not be signed for anybody."""
        self._authority.check(csr)

    def refuse_banned(self, template: Template) -> None:
        """Raise CsrRefused where whom a certificate would name is banned."""
        self._refuse_banned(str(template.spiffe), _pod(template))

    def _refuse_banned(self, spiffe: str, pod: str) -> None:
        ban = self._banned(spiffe, pod)
        if ban is not None:
            raise CsrRefused(refusal(ban))

    def _slow_down(self, name: str, limit: RateLimit) -> None:
        """Raise CsrRefused where this name asks too often."""
        wait = limit.wait_s(name)
        if wait:
            raise CsrRefused(
                f"Certificates are asked for too often for {name}. Nothing is signed now. "
                f"Ask again in {max(1, round(wait))} s, and look why: `gossamer identity log`."
            )

    def _template(self, asked: SignRequest, caller: ProvenCaller) -> Template:
        if asked.agent is not UNSET:
            return self._proof.agent(caller, asked.agent)
        if asked.identity is not UNSET:
            return self._proof.joined(caller, asked.identity)
        if asked.pod is UNSET:
            raise MalformedCsr(f"{_SHAPE} has neither pod nor agent nor identity.")
        return self._proof.pod(caller, asked.pod)


def _pod(template: Template) -> str:
    return pod_of_dns(template.dns[0] if template.dns else "")


_SHAPE = 'A signing request is JSON {"pod": "NS/POD", "csr": PEM}; this one'


def _read(request: bytes) -> SignRequest:
    try:
        return msgspec.json.decode(request, type=SignRequest)
    except (ValueError, RecursionError) as error:
        raise MalformedCsr(f"{_SHAPE} is not: {error!s:.200}.") from error

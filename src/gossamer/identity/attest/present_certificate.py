"""Proof by the certificate of a connection. Pure.

An agent asks for what runs on its host and for itself, a workload for its own renewal.

A workload's identity is its account's, which it shares with its siblings; the DNS name in its
certificate says which pod it is. It renews as that pod and no other, so that a ban of one pod
cannot be walked around by asking in a sibling's name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gossamer.identity.attest.wanted import joining_template
from gossamer.identity.plan import (
    TRUST_DOMAIN,
    WORKLOAD_LIFETIME,
    AttestedPod,
    CsrRefused,
    SpiffeId,
    Template,
    identity_of,
    may_sign_agent,
    may_sign_pod,
    pod_of_dns,
    pod_template,
)

Attested = Callable[[str], AttestedPod | None]
"""From `NS/POD` to what the pod's host observed of it, or None."""


@dataclass(frozen=True, slots=True)
class ProvenCaller:
    """What the certificate of a connection says: one identity, and the DNS name if there is one."""

    spiffe: SpiffeId
    dns: str = ""

    @property
    def pod(self) -> str:
        """`NS/POD` if it names one."""
        return pod_of_dns(self.dns)


@dataclass(frozen=True, slots=True)
class PresentCertificate:
    """Attests whom a caller may ask for. Raises CsrRefused for everybody else."""

    attested: Attested
    trust_domain: str = TRUST_DOMAIN
    lifetime: timedelta = WORKLOAD_LIFETIME

    def agent(self, caller: ProvenCaller, host: str) -> Template:
        """An agent's own renewal."""
        return may_sign_agent(caller.spiffe, host, self.trust_domain)

    def pod(self, caller: ProvenCaller, pod: str) -> Template:
        """A pod's certificate, for its host's agent or for itself."""
        attested = self.attested(pod)
        if caller.spiffe.account is not None and attested is not None:
            return self._own(caller, attested)
        return may_sign_pod(caller.spiffe, pod, attested, self.trust_domain, self.lifetime)

    def joined(self, caller: ProvenCaller, identity: str) -> Template:
        """The renewal of a workload that joined by a token, of whom no pod is known."""
        if str(caller.spiffe) != identity or caller.dns or caller.spiffe.account is None:
            raise CsrRefused(
                f"{caller.spiffe} ({caller.dns or 'no pod'}) asked to renew {identity[:200]!r}. It "
                "is refused. Who joined by a token renews that identity; a pod renews as a pod."
            )
        return joining_template(caller.spiffe, self.lifetime)

    def _own(self, caller: ProvenCaller, pod: AttestedPod) -> Template:
        if caller.spiffe != identity_of(pod, self.trust_domain) or caller.pod != str(pod):
            shown = f"the certificate of {caller.spiffe} ({caller.dns or 'no pod'})"
            raise CsrRefused(
                f"{shown} was shown to sign for Pod {pod}. It is refused. A workload renews only "
                "its own; ask through the agent of the pod's host."
            )
        return pod_template(pod, self.trust_domain, self.lifetime)

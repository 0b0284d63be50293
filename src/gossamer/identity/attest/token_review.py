"""Proof by a pod's service account token, which the Kubernetes API server reviews (TokenReview v1).

A token proves who a pod is only if it was made for us (its audience), for a pod (bound to one, so
that it ends with the pod), and is good now. What the API server does not say clearly is refused.
Nothing is sent but by `ask`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from msgspec import Struct, field

from gossamer.identity.plan import (
    TRUST_DOMAIN,
    WORKLOAD_LIFETIME,
    AttestedPod,
    CsrRefused,
    Template,
    pod_template,
)

AUDIENCE = "gossamer"
"""What a projected token must be made for: `serviceAccountToken: {audience: gossamer}`."""

_ACCOUNT = "system:serviceaccount:"
_POD, _POD_UID = "authentication.kubernetes.io/pod-name", "authentication.kubernetes.io/pod-uid"
_NODE = "authentication.kubernetes.io/node-name"
_LONGEST_TOKEN = 16_384

Ask = Callable[[bytes], bytes]
"""POSTs a TokenReview and gives the API server's answer. Raises OSError where it cannot."""


class ReviewedUser(Struct, frozen=True):
    """Whose token it is; `extra` has the claims of a bound token."""

    username: str = ""
    extra: Mapping[str, Sequence[str]] = {}


class ReviewStatus(Struct, frozen=True):
    """What the API server says of a token."""

    authenticated: bool = False
    user: ReviewedUser = field(default_factory=ReviewedUser)
    audiences: Sequence[str] = ()
    error: str = ""


class TokenReviewAnswer(Struct, frozen=True):
    """The answer, as far as it is read."""

    kind: str = ""
    status: ReviewStatus = field(default_factory=ReviewStatus)


@dataclass(frozen=True, slots=True)
class TokenReview:
    """Attests pods by their tokens."""

    ask: Ask
    trust_domain: str = TRUST_DOMAIN
    lifetime: timedelta = WORKLOAD_LIFETIME
    audience: str = AUDIENCE

    def template(self, token: str, pod: str) -> Template:
        """The certificate of `pod` (`NS/POD`), whose token this must be. Raises CsrRefused."""
        if not token or len(token) > _LONGEST_TOKEN:
            raise _refused(pod, "no token of a service account was shown", _PROJECT)
        answer = self._answer(token, pod)
        attested = self._attested(answer, pod)
        if str(attested) != pod:
            raise _refused(
                pod, f"the token is of Pod {attested}", "Show the token that is mounted in that pod"
            )
        return pod_template(attested, self.trust_domain, self.lifetime)

    def _answer(self, token: str, pod: str) -> ReviewStatus:
        spec = {"token": token, "audiences": [self.audience]}
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        try:
            raw = self.ask(msgspec.json.encode(review))
            answer = msgspec.json.decode(raw, type=TokenReviewAnswer)
        except (OSError, ValueError, RecursionError) as error:
            why = f"the Kubernetes API server did not review its token ({type(error).__name__})"
            raise _refused(pod, why, "See whether it answers, and ask again") from error
        if answer.kind != "TokenReview":
            why = "the Kubernetes API server did not answer with a TokenReview"
            raise _refused(pod, why, "Allow this plane to create tokenreviews (RBAC)")
        return answer.status

    def _attested(self, status: ReviewStatus, pod: str) -> AttestedPod:
        if not status.authenticated:
            why = f"its token is not good ({status.error[:120] or 'not authenticated'})"
            raise _refused(pod, why, _PROJECT)
        if self.audience not in status.audiences:
            raise _refused(pod, f"its token is not for the audience {self.audience!r}", _PROJECT)
        namespace, colon, account = status.user.username.removeprefix(_ACCOUNT).partition(":")
        if not status.user.username.startswith(_ACCOUNT) or not colon or ":" in account:
            raise _refused(pod, "its token is not of a service account", _PROJECT)
        name, uid = (_one(status.user.extra, key) for key in (_POD, _POD_UID))
        if not name or not uid:
            raise _refused(pod, "its token is not bound to a pod", _PROJECT)
        return AttestedPod(namespace, name, account, _one(status.user.extra, _NODE))


def _one(extra: Mapping[str, Sequence[str]], key: str) -> str:
    """The one value of a claim; nothing where there are several."""
    values = extra.get(key, ())
    return values[0] if len(values) == 1 else ""


_PROJECT = (
    f"Mount a projected serviceAccountToken with audience {AUDIENCE!r} in the pod, and read it "
    "anew for each request"
)


def _refused(pod: str, why: str, remedy: str) -> CsrRefused:
    return CsrRefused(f"Pod {pod[:200]} is not attested: {why}. Nothing is signed. {remedy}.")

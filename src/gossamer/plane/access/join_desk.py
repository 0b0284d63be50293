"""The desk for those who have no certificate yet: each brings a proof, and gets what it proves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from gossamer.identity.attest.join_tokens import JoinTokens, TooManyTokens
from gossamer.identity.attest.token_review import TokenReview
from gossamer.identity.attest.wanted import (
    BadPattern,
    identity_of_joiner,
    joining_template,
    pattern_of,
)
from gossamer.identity.plan import CsrRefused, MalformedCsr, Template
from gossamer.identity.run import CertificateSigner
from gossamer.identity.shapes import SignedChain
from gossamer.plane.api.access_shapes import JoinBody, JoinTokenBody, JoinTokenShape
from gossamer.plane.api.facade import RequestRefused


@dataclass(frozen=True, slots=True)
class JoinDesk:
    """Join tokens, pods' tokens where a Kubernetes API reviews them, and who signs."""

    tokens: JoinTokens
    signer: CertificateSigner
    reviews: TokenReview | None = None

    def create(self, body: JoinTokenBody) -> JoinTokenShape:
        """A join token. Raises RequestRefused(400, 409)."""
        try:
            fresh = self.tokens.create(pattern_of(body.pattern), body.ttl_s)
        except BadPattern as bad:
            raise RequestRefused(400, str(bad)) from bad
        except TooManyTokens as many:
            raise RequestRefused(
                409,
                "there are too many join tokens that nobody used, so none was made; wait until "
                "some expire",
            ) from many
        ends = datetime.fromtimestamp(fresh.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return JoinTokenShape(fresh.text, fresh.pattern, ends)

    async def join(self, body: JoinBody) -> SignedChain:
        """The signed chain, the mesh's roots, and when it ends. Raises RequestRefused(400, 403)."""
        try:
            self.signer.check(body.csr)
            template = await asyncio.to_thread(self._proven, body)
            return self.signer.sign(body.csr, template, f"join:{template.spiffe}")
        except MalformedCsr as malformed:
            raise RequestRefused(400, str(malformed)) from malformed
        except CsrRefused as refused:
            raise RequestRefused(403, str(refused)) from refused

    def _proven(self, body: JoinBody) -> Template:
        if body.kubernetes_token:
            return self._reviewed(body)
        try:
            spiffe = identity_of_joiner(body.identity)
        except ValueError as error:
            raise MalformedCsr(
                f"{body.identity[:120]!r} is no identity that can join: {error}. Nothing is signed."
            ) from None
        template = joining_template(spiffe)
        self.signer.refuse_banned(template)
        self.tokens.use(body.token, spiffe)
        return template

    def _reviewed(self, body: JoinBody) -> Template:
        if self.reviews is None:
            raise CsrRefused(
                "This control plane reviews no tokens of Kubernetes. Nothing is signed. "
                "Start it with --kubernetes-api, or join with a token of gossamer token create."
            )
        return self.reviews.template(body.kubernetes_token, body.identity)

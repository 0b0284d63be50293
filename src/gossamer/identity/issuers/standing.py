"""Which issuers an authority works with: one that signs, and all whose roots peers believe.

They differ while the root is exchanged; otherwise one is all.
"""

from __future__ import annotations

from dataclasses import dataclass

from gossamer.identity.issuers.issuer import Issuer


@dataclass(frozen=True, slots=True)
class Standing:
    """`signer` signs for workloads and agents, `server` the plane's own certificate; peers believe
    the roots of `believed`, the former one first."""

    signer: Issuer
    server: Issuer
    believed: tuple[Issuer, ...]

    @property
    def roots_pem(self) -> str:
        """The roots that peers verify chains against, each once (PEM)."""
        return "".join(dict.fromkeys(each.root_pem for each in self.believed))


def alone(issuer: Issuer) -> Standing:
    """An authority that is not being exchanged."""
    return Standing(issuer, issuer, (issuer,))

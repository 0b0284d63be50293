"""The plane's own certificate: issued by its authority, renewed at half life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gossamer.identity.authority import Authority, Issued
from gossamer.identity.keys import lifespan
from gossamer.identity.plan import CsrRefused, renew_at
from gossamer.process.event_log import EventLog

_log = EventLog("gossamer.plane")


class ServerCertificate:
    """Gives (key, chain, roots) as PEM for each handshake; gRPC calls it on a thread of its own."""

    def __init__(
        self,
        authority: Authority,
        now: Callable[[], datetime],
        roots: Callable[[], bytes],
    ) -> None:
        """`roots` are those of the clients that may connect, as the mesh trusts them now."""
        self._authority = authority
        self._roots = roots
        self._now = now
        self._issued = self._issue()

    def fetch(self) -> tuple[bytes, bytes, bytes]:
        """The present certificate; a new one once half its life is over or another root signs."""
        span = lifespan(self._issued.chain)
        due = self._now() >= renew_at(span.begins, span.ends, 0.0)
        if due or self._authority.standing.server is not self._issuer:
            self._renew()
        issued = self._issued
        return issued.key.encode(), issued.chain.encode(), self._roots()

    def _renew(self) -> None:
        """A new certificate; where the authority has to refuse, the present one goes on."""
        try:
            self._issued = self._issue()
        except CsrRefused as refused:
            _log.warning("server-certificate-not-renewed", reason=str(refused))

    def _issue(self) -> Issued:
        self._issuer = self._authority.standing.server
        return self._authority.issue_server()

"""Keys of issuers that the access file leaves to be fetched: by the issuer's OpenID configuration.

Asked as for RequestAuthentication (`plane/observed/token_keys/`): no redirect is followed, and no
private address asked that is not allowed. While an issuer does not answer, its last good keys hold;
before its first answer none of its tokens is believed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gossamer.model.policies.workload.jwt import KeySource
from gossamer.plane.access.people.access_source import AccessSource
from gossamer.plane.access.people.issuer_keys import NoUsableKeys, id_token_keys
from gossamer.plane.access.people.rules import AccessRules, PublicKey, TokenIssuer
from gossamer.plane.observed.token_keys.document import Ask, keys_at
from gossamer.plane.observed.token_keys.fetch import FetchFailed
from gossamer.process.clock import Clock
from gossamer.process.event_log import EventLog

LOOK_SECONDS = 10.0
"""How often an issuer without keys is asked."""

REFRESH_LOOKS = 30
"""After so many looks keys are fetched anew: five minutes."""

_PATIENCE = timedelta(seconds=5)
_CONFIGURATION = "/.well-known/openid-configuration"

_log = EventLog("gossamer.plane")


class FetchedKeys:
    """The rules in force with the keys that were fetched for them."""

    def __init__(self, source: AccessSource, ask: Ask) -> None:
        self._source, self._ask = source, ask
        self._keys: dict[str, tuple[PublicKey, ...]] = {}

    def rules(self) -> AccessRules:
        """The access file's, each issuer with its keys."""
        rules = self._source.rules
        if all(each.keys for each in rules.issuers):
            return rules
        return replace(rules, issuers=tuple(map(self._with_keys, rules.issuers)))

    def _with_keys(self, issuer: TokenIssuer) -> TokenIssuer:
        return issuer if issuer.keys else replace(issuer, keys=self._keys.get(issuer.issuer, ()))

    async def fetch(self, every: bool) -> None:
        """Ask the issuers without keys, or every one whose keys are to be fetched."""
        for issuer in [each.issuer for each in self._source.rules.issuers if not each.keys]:
            if every or issuer not in self._keys:
                await self._fetch(issuer)

    async def _fetch(self, issuer: str) -> None:
        source = KeySource(issuer.rstrip("/") + _CONFIGURATION, issuer)
        try:
            keys = await keys_at(source, _PATIENCE, self._ask)
            self._keys[issuer] = id_token_keys(keys.text.encode())
        except (FetchFailed, NoUsableKeys) as error:
            kept = "its last good keys hold" if issuer in self._keys else "none of its tokens is"
            effect = kept if issuer in self._keys else f"{kept} believed"
            _log.warning("issuer-keys-not-had", issuer=issuer, reason=str(error), effect=effect)

    async def run(self, clock: Clock) -> None:
        """Fetch for ever."""
        look = 0
        while True:
            await self.fetch(every=look % REFRESH_LOOKS == 0)
            look += 1
            await clock.wait(LOOK_SECONDS)

"""`loadBalancer`: how one endpoint among many is chosen."""

from __future__ import annotations

from gossamer.dialects.refusal import left_out
from gossamer.manifests.fields import Fields
from gossamer.model.policies.load_balancer import Balance, LoadBalancer

_SIMPLE = {
    "UNSPECIFIED": None,
    "LEAST_CONN": Balance.LEAST_REQUEST,
    **{balance.value: balance for balance in Balance},
}

_HASHED = ("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName")
"""What a request is known by, of which Istio takes one."""


def read_load_balancer(policy: Fields) -> LoadBalancer | None:
    """The simple choice, if one is made."""
    stanza = policy.child("loadBalancer")
    balance = stanza.one_of("simple", _SIMPLE)
    stanza.variant("simple", "consistentHash")
    stanza.variant("localityLbSetting", "zoneAwareLbSetting")
    hashed = stanza.child("consistentHash")
    hashed.variant(*_HASHED)
    hashed.variant("ringHash", "maglev")
    hashed.skip(*hashed.names())
    stanza.unsupported("consistentHash", effect="each request goes to the least loaded endpoint")
    stanza.unsupported(
        "localityLbSetting",
        "zoneAwareLbSetting",
        effect="endpoints of all localities are treated equally",
    )
    stanza.unsupported(
        "warmup", "warmupDurationSecs", effect="new endpoints get their full share at once"
    )
    stanza.unsupported(
        "backendUtilization", effect="endpoints are chosen without what they report of their load"
    )
    if left_out(stanza, "the least loaded endpoint is chosen") or balance is None:
        return None
    return LoadBalancer(balance)

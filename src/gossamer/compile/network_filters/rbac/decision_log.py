"""Counts of what authorization decided, and would have decided, by rule and caller.

RBAC filters note their decisions as metadata of each request. An access log counts those that have
any, as `gossamer.authorization.requests`; a call that is simply let in costs nothing. Tags:

- `refused`: the rule that refused it (`contract/authorization_names.py`);
- `would_refuse`: the rule of a dry run that would have;
- `would_let_in`: `denied` where no rule would let it in if no object were a dry run;
- `noted`: the rule of an AUDIT;
- `peer`, `peer_name`: the caller, as in all counts.
"""

from __future__ import annotations

from functools import cache

from envoy.config.accesslog.v3.accesslog_pb2 import AccessLog, AccessLogFilter
from envoy.extensions.access_loggers.stats.v3 import stats_pb2

from gossamer.compile.protos import packed
from gossamer.contract.edge_stats import DECISIONS_PREFIX

FILTER = "envoy.filters.http.rbac"
NOTED, WOULD_REFUSE, WOULD_LET_IN = "noted_", "would_refuse_", "would_let_in_"
"""What the names of each filter's answer begin with in the metadata."""

_RULE, _SHADOW_RULE = "enforced_effective_policy_id", "shadow_effective_policy_id"
_KEYS = {
    "refused": _RULE,
    "would_refuse": f"{WOULD_REFUSE}{_SHADOW_RULE}",
    "would_let_in": f"{WOULD_LET_IN}shadow_engine_result",
    "noted": f"{NOTED}{_RULE}",
}
_REFUSED = "denied"
_TAGS = (
    *((tag, f"%DYNAMIC_METADATA({FILTER}:{key})%") for tag, key in _KEYS.items()),
    ("peer", "%DOWNSTREAM_PEER_URI_SAN%"),
    ("peer_name", "%DOWNSTREAM_PEER_DNS_SAN%"),
)


@cache
def counted_decisions() -> AccessLog:
    """The log that counts them."""
    config = stats_pb2.Config(stat_prefix=DECISIONS_PREFIX)
    counter = config.counters.add()
    counter.value_fixed.value = 1
    counter.stat.name = "requests"
    for tag, value in _TAGS:
        counter.stat.tags.add(name=tag, value_format=value)
    log = AccessLog(name="envoy.access_loggers.stats", typed_config=packed(config))
    for tag, key in _KEYS.items():
        log.filter.or_filter.filters.append(_has(key, _REFUSED if tag == "would_let_in" else ""))
    return log


def _has(key: str, text: str) -> AccessLogFilter:
    """Requests whose metadata has that key, with that value where there is one."""
    condition = AccessLogFilter()
    condition.metadata_filter.matcher.filter = FILTER
    condition.metadata_filter.matcher.path.add(key=key)
    if text:
        condition.metadata_filter.matcher.value.string_match.exact = text
    else:
        condition.metadata_filter.matcher.value.present_match = True
    condition.metadata_filter.match_if_key_not_found.value = False
    return condition

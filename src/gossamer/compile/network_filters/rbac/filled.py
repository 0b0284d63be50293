"""An RBAC filter's configuration out of its two sets of rules; without either it does nothing."""

from __future__ import annotations

from typing import TypeVar

import envoy.extensions.filters.http.rbac.v3.rbac_pb2
import envoy.extensions.filters.network.rbac.v3.rbac_pb2
from envoy.config.rbac.v3.rbac_pb2 import RBAC

Config = TypeVar(
    "Config",
    envoy.extensions.filters.http.rbac.v3.rbac_pb2.RBAC,
    envoy.extensions.filters.network.rbac.v3.rbac_pb2.RBAC,
)


def filled(
    config: Config, rules: RBAC | None, noted: RBAC | None = None, prefix: str = ""
) -> Config:
    """The configuration with rules that decide, and with shadow rules, whose answer is only
    `noted` in metadata, under names that begin with `prefix`."""
    if noted is not None:
        config.shadow_rules.CopyFrom(noted)
        config.shadow_rules_stat_prefix = prefix
    if rules is not None:
        config.rules.CopyFrom(rules)
    return config

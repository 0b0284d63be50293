"""Whom a workload takes for a member of the mesh, beyond the root that signed them."""

from __future__ import annotations

import re

_NAME = r"[A-Za-z0-9._-]+"


def workloads_of(trust_domains: tuple[str, ...]) -> str:
    """The regular expression of the identities of these trust domains' workloads."""
    domains = "|".join(map(re.escape, trust_domains))
    domain = f"({domains})" if len(trust_domains) > 1 else domains
    return rf"spiffe://{domain}/ns/{_NAME}/sa/{_NAME}"

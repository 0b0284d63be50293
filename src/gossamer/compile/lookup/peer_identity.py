"""Whom a workload takes for a member of the mesh, beyond the root that signed them."""

from __future__ import annotations

import re

_NAME = r"[A-Za-z0-9._-]+"


def workloads_of(trust_domain: str) -> str:
    """The regular expression of the identities of a trust domain's workloads."""
    return rf"spiffe://{re.escape(trust_domain)}/ns/{_NAME}/sa/{_NAME}"
